import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import {
  CompletedImageEventDto,
  ErrorDto,
  ErrorEventDto,
  ImagesResponseDto,
  PartialImageEventDto,
} from '../../../surface-kit/index.js';
import { EVERY_ANSWER, IMAGE_HEADERS } from '../envelope/envelope.docs.js';

const EVENTS = [PartialImageEventDto, CompletedImageEventDto, ErrorEventDto];

/** As the original's document has it; other fields may follow. */
const BODY = {
  type: 'object' as const,
  additionalProperties: true,
  required: ['prompt', 'model'],
  properties: {
    prompt: { type: 'string' as const, description: 'What to draw.' },
    model: {
      type: 'string' as const,
      description: 'A `name` from GET /api/ai/models/image/generation.',
    },
    n: {
      type: 'integer' as const,
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Number of images; the model’s limit is lower.',
    },
    quality: { type: 'string' as const, description: 'One of the model’s `qualities`.' },
    response_format: { type: 'string' as const, enum: ['url', 'b64_json'], default: 'url' },
    size: { type: 'string' as const, description: 'One of the model’s `sizes`.' },
    style: {
      type: 'string' as const,
      description: 'One of the model’s `styles`; dropped and named where it has none.',
    },
    stream: { type: 'boolean' as const, description: 'Answer with server-sent events.' },
  },
};

const FAILURES = {
  400: 'A field is missing or has a value that is not accepted (param names it), or the policy refused it.',
  401: 'The API key is missing, unknown, revoked or expired.',
  402: 'The account has not enough points. Nothing was charged.',
  403: 'The key may not do this, or not from this address.',
  404: 'There is no such model.',
  409: 'x-max-credits was exceeded, or the first request with this Idempotency-Key still runs.',
  410: 'The images were deleted.',
  413: 'The body is too large.',
  415: 'The body is not plain UTF-8 JSON by its headers.',
  422: 'This Idempotency-Key was used with another body.',
  429: 'A limit was met: per minute, at once, per day or per month.',
  500: 'A fault of the server. It was logged.',
  502: 'The upstream failed. Nothing was charged.',
  503: 'No upstream serves this model now, or storage or database cannot be reached.',
  504: 'It took too long; when it still runs, Location says where to ask after it.',
} as const;

export function ApiNativeImages(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(ImagesResponseDto, ...EVENTS),
    ApiBody({
      required: true,
      description: 'At most 1 MiB of JSON.',
      schema: BODY,
      examples: {
        link: {
          summary: 'A picture drawn on this machine',
          value: { model: 'easel-sketch', prompt: '暴风雨中的灯塔', size: '1024x1024' },
        },
      },
    }),
    ApiOkResponse({
      description: 'The images; with `stream: true` events, as on /v1.',
      headers: { ...EVERY_ANSWER, ...IMAGE_HEADERS },
      content: {
        'application/json': { schema: { $ref: getSchemaPath(ImagesResponseDto) } },
        'text/event-stream': {
          schema: { oneOf: EVENTS.map((event) => ({ $ref: getSchemaPath(event) })) },
        },
      },
    }),
  );
}

export function ApiNativeFailures(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(ErrorDto),
    ...Object.entries(FAILURES).map(([status, description]) =>
      ApiResponse({
        status: Number(status),
        description,
        headers: EVERY_ANSWER,
        content: { 'application/json': { schema: { $ref: getSchemaPath(ErrorDto) } } },
      }),
    ),
  );
}
