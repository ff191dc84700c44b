import { applyDecorators } from '@nestjs/common';
import { ApiHeader, type ApiHeaderOptions, ApiResponse } from '@nestjs/swagger';
import { GenerationDto } from './generation.dto.js';
import { IMAGE_HEADERS } from './openai.docs.js';

const REQUEST_HEADERS = [
  {
    name: 'Idempotency-Key',
    description: 'Makes repeats safe for 24 hours: the same key and body give the same answer.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
  },
  {
    name: 'Prefer',
    description:
      'respond-async answers 202 with the id at once, wait=N after N seconds at the latest; the ' +
      'generation goes on.',
    schema: { type: 'string', example: 'wait=60' },
  },
  {
    name: 'x-max-credits',
    description:
      'The most that may be held. A higher price is refused with 409 before anything moves.',
    schema: { type: 'string', example: '4' },
  },
  {
    name: 'x-easel-no-join',
    description:
      '1: a new generation in any case. Without it, and without an Idempotency-Key, a request that ' +
      'repeats one of the last 15 minutes whose answer was lost gets that one’s images.',
    schema: { type: 'string', enum: ['1'] },
  },
] satisfies ApiHeaderOptions[];

/** What every request that makes images understands, so that none is paid twice. */
export function ApiOnce(): MethodDecorator {
  return applyDecorators(
    ...REQUEST_HEADERS.map((header) => ApiHeader({ ...header, required: false })),
    ApiResponse({
      status: 202,
      type: GenerationDto,
      description: 'It still runs and the client preferred not to wait.',
      headers: {
        ...IMAGE_HEADERS,
        Location: { description: 'Where it can be fetched.', schema: { type: 'string' } },
        'Retry-After': {
          description: 'Seconds until it is worth a look.',
          schema: { type: 'integer' },
        },
        'Preference-Applied': {
          description: 'What of Prefer was followed.',
          schema: { type: 'string' },
        },
      },
    }),
  );
}
