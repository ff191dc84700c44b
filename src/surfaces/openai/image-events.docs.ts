import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import {
  CompletedImageEventDto,
  ErrorEventDto,
  ImagesResponseDto,
  PartialImageEventDto,
} from '../../surface-kit/index.js';
import { IMAGE_HEADERS } from './openai.docs.js';

/** The events a stream may have; an OpenAPI document knows no other way to name them. */
const EVENTS = [PartialImageEventDto, CompletedImageEventDto, ErrorEventDto];

/** The images as one JSON document, or with `stream: true` as events. */
export function ApiImages(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(ImagesResponseDto, ...EVENTS),
    ApiOkResponse({
      headers: IMAGE_HEADERS,
      description:
        'The images. With `stream: true` server-sent events: `event: <type>` and one line of JSON ' +
        'as `data`. Previews as they come, each image once all are made, stored and charged, a ' +
        'failure as `event: error` once nothing is held any more. Comments in between keep the ' +
        'connection alive; x-images-delivered is not known yet and left out.',
      content: {
        'application/json': { schema: { $ref: getSchemaPath(ImagesResponseDto) } },
        'text/event-stream': {
          schema: { oneOf: EVENTS.map((event) => ({ $ref: getSchemaPath(event) })) },
        },
      },
    }),
  );
}
