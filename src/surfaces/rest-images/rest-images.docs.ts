import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiHeader,
  ApiQuery,
  ApiResponse,
  type ApiResponseOptions,
} from '@nestjs/swagger';
import { ERROR_RESPONSE, GENERATE_IMAGE_REQUEST, type Schema } from './schemas.js';
import { PAGE_LIMIT } from './vocabulary.js';

type Headers = NonNullable<ApiResponseOptions['headers']>;
type SchemaObject = Parameters<typeof ApiBody>[0] extends infer O
  ? Extract<O, { schema: unknown }>['schema']
  : never;

const text = (description: string) => ({ description, schema: { type: 'string' as const } });
const integer = (description: string) => ({ description, schema: { type: 'integer' as const } });

const EVERY_ANSWER: Headers = {
  'x-request-id': text('Id of this request, for support.'),
  'Cache-Control': text('Always no-store.'),
};
const FAILURE_HEADERS: Headers = {
  ...EVERY_ANSWER,
  'x-should-retry': text('true only where a retry cannot be paid twice.'),
};
export const GENERATION_HEADERS: Headers = {
  'x-generation-id': text('Id of the image, for GET /api/v1/images/{id}.'),
};

const FAILURES = {
  400: 'The request is not accepted: a field, the credits (path credits), a content policy, a repeat.',
  401: 'The API key is missing, unknown, revoked or expired, or may not do this.',
  404: 'There is no such thing for this account, or its image was deleted.',
  413: 'The body is too large.',
  415: 'The body is not plain UTF-8 JSON by its headers.',
  429: 'A limit was met: per minute, at once, per day or per month.',
  500: 'No image could be made or found now. Nothing was charged for what failed.',
} as const;

export function ApiGenerateBody(): MethodDecorator {
  const sketch = { prompt: 'a lighthouse above a stormy sea', modelId: 'openai:gpt-image-2' };
  return ApiBody({
    description: 'At most 1 MiB of JSON; unknown fields are refused.',
    schema: GENERATE_IMAGE_REQUEST as SchemaObject,
    examples: {
      short: { summary: 'A square picture', value: sketch },
      full: {
        summary: 'A wide picture with a style, thought over',
        value: {
          prompt: 'a lighthouse above a stormy sea',
          modelId: 'google:gemini-3-pro-image-preview',
          aspectRatio: '16:9',
          style: 'woodcut',
          thinkingLevel: 'deep',
        },
      },
    },
  });
}

export function ApiAnswer(
  description: string,
  schema: Schema,
  headers: Headers = {},
): MethodDecorator {
  return ApiResponse({
    status: 200,
    description,
    headers: { ...EVERY_ANSWER, ...headers },
    schema: schema,
  });
}

export function ApiPage(): MethodDecorator {
  const { usual, max } = PAGE_LIMIT;
  return applyDecorators(
    ApiQuery({
      name: 'limit',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: max, default: usual },
      description: 'Items on a page.',
    }),
    ApiQuery({
      name: 'offset',
      required: false,
      schema: { type: 'integer', minimum: 0, default: 0 },
      description: 'Items to skip.',
    }),
  );
}

/** What a request that makes an image understands, so that it is not paid twice. */
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
      description: 'The most that may be charged. A higher price is refused with 400.',
      schema: { type: 'string', example: '4' },
    }),
  );
}

export function ApiRestFailures(...statuses: (keyof typeof FAILURES)[]): MethodDecorator {
  return applyDecorators(
    ...statuses.map((status) =>
      ApiResponse({
        status,
        description: FAILURES[status],
        headers: {
          ...FAILURE_HEADERS,
          ...(status === 429 && { 'Retry-After': integer('Seconds until it is worth a try.') }),
        },
        schema: ERROR_RESPONSE,
      }),
    ),
  );
}
