import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOperation, getSchemaPath } from '@nestjs/swagger';
import { EditImageDto, EditImageFormDto } from './edit-image.dto.js';

/** 64 × 64 pixels. */
const SMALL_PNG =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAvklEQVR42u3PIZUDQAxAwcqpiBWxuHhJHcTB' +
  'keDikDqIgxo7A/tR6H9vDMzj+aqrBTY4IECCAg0eBgwYMGBgFnjX1QIbHBAgQYEGBgwYMGBgGIi6WmCDAwIkKNDAgAEDBgwMA391tcAG' +
  'BwRIUKCBAQMGDBgYBj51tcAGBwRIUKCBAQMGDBgYBr51tcAGBwRIUKCBAQMGDBgYBrquFtjggAAJCjQwYMCAAQPDwK+uFtjggAAJCjQw' +
  'YMCAAQOjwD/dJcl4O+yeZwAAAABJRU5ErkJggg==';

/** Run as they are against a new server, with its demo key; the form needs a file chosen. */
export const EDIT_EXAMPLES = {
  form: {
    model: 'easel-sketch',
    prompt: 'the same at night, in the snow',
    size: '1024x1024',
    response_format: 'url',
  },
  json: {
    model: 'easel-sketch',
    prompt: 'the same at night, in the snow',
    size: '1024x1024',
    response_format: 'url',
    images: [{ image_url: SMALL_PNG }],
  },
};

/** One operation, two bodies: a form as the SDKs send it, or JSON. */
export function ApiEdit(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(EditImageFormDto, EditImageDto),
    ApiOperation({
      operationId: 'editImage',
      summary: 'Edit images',
      description:
        'As creating, from 1 to 16 images. As a form with files, or as JSON with references. The ' +
        'images are kept as files of the account, each content once, for as long as a generation ' +
        'needs them.',
      requestBody: {
        required: true,
        content: {
          'multipart/form-data': {
            schema: { $ref: getSchemaPath(EditImageFormDto) },
            examples: {
              form: { summary: 'Drawn over on this machine', value: EDIT_EXAMPLES.form },
            },
          },
          'application/json': {
            schema: { $ref: getSchemaPath(EditImageDto) },
            examples: {
              json: { summary: 'Drawn over on this machine', value: EDIT_EXAMPLES.json },
            },
          },
        },
      },
    }),
  );
}
