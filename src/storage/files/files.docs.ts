import { applyDecorators } from '@nestjs/common';
import {
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiProduces,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { EXTENSION_OF } from '../media-types.js';

const TEXT = { 'text/plain': { schema: { type: 'string' } } } as const;

function header(description: string, example: string) {
  return { description, schema: { type: 'string', example } } as const;
}

const FILE_HEADERS = {
  ETag: header('SHA-256 of the file, quoted. Never changes.', `"${'0'.repeat(64)}"`),
  'Last-Modified': header('When the image was stored.', 'Thu, 01 Oct 2026 12:00:00 GMT'),
  'Cache-Control': header(
    'Private images: for the client alone, for as long as the link lives.',
    'private, max-age=31536000, immutable',
  ),
  'Accept-Ranges': header('Always `bytes`.', 'bytes'),
  'Content-Disposition': header(
    'Inline, except for SVG, which is an attachment.',
    'inline; filename="018f3a1e-0000-7000-8000-000000000000.png"',
  ),
  'Content-Length': header('Bytes of this answer.', '1482112'),
} as const;

const ANSWERS = [
  ApiResponse({
    status: 200,
    description: 'The image.',
    content: pictures(),
    headers: FILE_HEADERS,
  }),
  ApiResponse({
    status: 206,
    description: 'The range asked for.',
    content: pictures(),
    headers: {
      ...FILE_HEADERS,
      'Content-Range': header('Which bytes these are.', 'bytes 0-1023/1482112'),
    },
  }),
  ApiResponse({ status: 304, description: 'Your copy is still good.' }),
  ApiResponse({ status: 404, description: 'No such link, or not any more.', content: TEXT }),
  ApiResponse({ status: 410, description: 'The operator removed the image.', content: TEXT }),
  ApiResponse({ status: 416, description: 'The range lies behind the end of the file.' }),
  ApiResponse({ status: 503, description: 'The file cannot be read just now.', content: TEXT }),
];

const CONDITIONS = [
  ApiHeader({ name: 'Range', required: false, description: 'One range, such as `bytes=0-1023`.' }),
  ApiHeader({ name: 'If-Range', required: false, description: 'An `ETag` or `Last-Modified`.' }),
  ApiHeader({ name: 'If-None-Match', required: false, description: 'An `ETag` you have.' }),
  ApiHeader({ name: 'If-Modified-Since', required: false, description: 'A `Last-Modified`.' }),
];

/** The document of `GET` and `HEAD /files/{name}`. */
export function ApiFile(): MethodDecorator {
  return applyDecorators(
    ApiTags('files'),
    ApiOperation({
      operationId: 'getFile',
      summary: 'Fetch an image by its link',
      description:
        'The link itself is the permission: no credential is needed or looked at. `HEAD` is ' +
        'answered too. One byte range per request; several are answered with the whole file.',
    }),
    ApiParam({
      name: 'name',
      description: "The link's 22 characters and the file's ending.",
      schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{22}\\.(png|jpg|webp|gif|svg)$' },
    }),
    ApiProduces(...Object.keys(EXTENSION_OF)),
    ...CONDITIONS,
    ...ANSWERS,
  );
}

function pictures() {
  const file = { schema: { type: 'string', format: 'binary' } } as const;
  return Object.fromEntries(Object.keys(EXTENSION_OF).map((type) => [type, file]));
}
