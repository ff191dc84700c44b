import { applyDecorators } from '@nestjs/common';
import { ApiBody, type ApiBodyOptions, ApiHeader } from '@nestjs/swagger';
import { ApiEnvelope, type FailureNumber, IMAGE_HEADERS } from '../envelope/envelope.docs.js';
import { ImageDataDto } from './image-data.dto.js';
import { FORMATS, MAX_COUNT, MAX_PROMPT, SOURCES } from './image-request.reader.js';
import { StartedTaskDto } from './task.dto.js';

type Schema = Extract<ApiBodyOptions, { schema: unknown }>['schema'];

const REFUSALS = [
  ...[10002, 12300, 12301, 401, 402, 403, 409, 410, 413, 415, 422, 429],
] as readonly FailureNumber[];

const FIELDS: Record<string, Schema> = {
  prompt: { type: 'string', minLength: 1, maxLength: MAX_PROMPT },
  model: { type: 'string', description: 'A `name` of the catalog.', example: 'gpt-image-2' },
  n: { type: 'integer', minimum: 1, maximum: MAX_COUNT, default: 1 },
  quality: { type: 'string', description: 'One of the model’s `qualities`.' },
  response_format: { type: 'string', enum: [...FORMATS], default: 'url' },
  size: { type: 'string', description: 'One of the model’s `sizes`.', example: '1024x1024' },
  style: { type: 'string', description: 'One of the model’s `styles`.' },
  user: { type: 'string', description: 'Your own tag for the end user.' },
};

export const GENERATE_BODY: ApiBodyOptions = {
  required: true,
  description: 'At most 1 MiB of JSON; other fields are named in x-ignored-parameters.',
  schema: {
    type: 'object',
    required: ['prompt', 'model'],
    properties: {
      ...FIELDS,
      source: { type: 'string', enum: [...SOURCES], description: 'What the picture is for.' },
    },
  },
  examples: {
    link: {
      summary: 'A picture drawn on this machine',
      value: { model: 'easel-sketch', prompt: '暴风雨中的灯塔', size: '1024x1024' },
    },
  },
};

const REFERENCE = { type: 'string' as const, minLength: 1 };

export const EDIT_BODY: ApiBodyOptions = {
  required: true,
  description:
    'An image is a public https address or a data URL. A form (multipart/form-data) with files is ' +
    'taken too.',
  schema: {
    type: 'object',
    required: ['prompt', 'model', 'image'],
    properties: {
      ...FIELDS,
      image: {
        oneOf: [REFERENCE, { type: 'array', items: REFERENCE, minItems: 1, maxItems: 16 }],
        description: 'PNG, JPEG or WebP, at most 50 MiB each.',
      },
      mask: { ...REFERENCE, description: 'A PNG that is transparent where the first may change.' },
    },
  },
  examples: {
    address: {
      summary: 'An image by its address',
      value: {
        model: 'easel-sketch',
        prompt: '改成夜景',
        image: 'https://example.com/lighthouse.png',
      },
    },
  },
};

/** A request for images that waits for them. */
export function ApiMake(body: ApiBodyOptions): MethodDecorator {
  const failures = [...REFUSALS, 504] as const;
  return applyDecorators(
    ApiBody(body),
    ApiOnce(),
    ApiEnvelope(ImageDataDto, 'The images.', failures, IMAGE_HEADERS),
  );
}

/** A request for images that is answered with the id of its task. */
export function ApiStart(body: ApiBodyOptions): MethodDecorator {
  return applyDecorators(
    ApiBody(body),
    ApiOnce(),
    ApiEnvelope(StartedTaskDto, 'The id of the task.', REFUSALS, IMAGE_HEADERS),
  );
}

/** What keeps a repeated request from being paid twice. */
export function ApiOnce(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'Makes repeats safe for 24 hours: the same key and body give the same answer.',
      schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
    }),
    ApiHeader({
      name: 'x-max-credits',
      required: false,
      description: 'The most that may be held. A higher price is refused before anything moves.',
      schema: { type: 'string', example: '4' },
    }),
    ApiHeader({
      name: 'x-easel-no-join',
      required: false,
      description:
        '1: a new request in any case. Without it, and without an Idempotency-Key, a request that ' +
        'repeats one of the last 15 minutes whose answer was lost gets that one’s images.',
      schema: { type: 'string', enum: ['1'] },
    }),
  );
}
