import { applyDecorators } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiResponse,
  type ApiResponseOptions,
  getSchemaPath,
} from '@nestjs/swagger';
import { type DomainErrorCode, STATUS_OF_CODE } from '../../common/domain-error.js';
import { ErrorDto, openAiErrorType } from '../../surface-kit/index.js';

type Headers = NonNullable<ApiResponseOptions['headers']>;

const text = (description: string) => ({ description, schema: { type: 'string' as const } });
const integer = (description: string) => ({ description, schema: { type: 'integer' as const } });

const EVERY_ANSWER: Headers = {
  'x-request-id': text('Id of this request, for support. A plain id of yours is kept.'),
  'Cache-Control': text('Always no-store.'),
};

/** Headers of an answer that succeeded. */
export const OK_HEADERS: Headers = {
  ...EVERY_ANSWER,
  'openai-version': text('2020-10-01'),
  'openai-processing-ms': integer('Milliseconds from the key’s check to the answer.'),
  'x-ratelimit-limit-requests': integer('Requests per minute; only where a limit is set.'),
  'x-ratelimit-remaining-requests': integer('Of them, still free.'),
  'x-ratelimit-reset-requests': text('Until all are free again, such as 6m0s.'),
};

const IGNORED = text('Parameters that were sent but not used, at most 20.');

/** Headers of a quote. */
export const QUOTE_HEADERS: Headers = { ...OK_HEADERS, 'x-ignored-parameters': IGNORED };

/** Headers of an answer with pictures. */
export const IMAGE_HEADERS: Headers = {
  ...OK_HEADERS,
  'x-generation-id': text('Id of the generation, for GET /v1/images/{id}.'),
  'x-images-delivered': text('Images delivered and charged, of those asked for: 3/4.'),
  'x-ignored-parameters': IGNORED,
  'x-easel-demo': text('1 when the picture is a demonstration, made without a real upstream.'),
  'Idempotent-Replayed': text(
    'true when an earlier request made them, by key or because its answer was lost.',
  ),
};

/** Examples that run as they are against a new server, with its demo key. */
const CREATE_EXAMPLES = {
  link: {
    summary: 'A picture drawn on this machine, as a link',
    value: {
      model: 'easel-sketch',
      prompt: 'a lighthouse above a stormy sea at sunset',
      size: '1024x1024',
      response_format: 'url',
    },
  },
  several: {
    summary: 'Two JPEG pictures of gpt-image-2, as base64',
    value: {
      model: 'gpt-image-2',
      prompt: 'a fox in the snow, woodcut',
      n: 2,
      size: '1536x1024',
      quality: 'low',
      output_format: 'jpeg',
    },
  },
};

export const CREATE_BODY = {
  description: 'At most 1 MiB of JSON.',
  examples: CREATE_EXAMPLES,
};

const FAILURE_HEADERS: Headers = {
  ...EVERY_ANSWER,
  'x-should-retry': text('true only where a retry cannot be paid twice. SDKs obey it.'),
};

const RETRY_HEADERS: Headers = {
  'Retry-After': integer('Seconds until it is worth another try.'),
  'retry-after-ms': integer('The same in milliseconds.'),
};

/** What may be said beside the code, by status. */
const MORE_HEADERS: Readonly<Record<number, Headers>> = {
  409: {
    ...RETRY_HEADERS,
    'x-generation-id': IMAGE_HEADERS['x-generation-id'],
    Location: text('Where the generation that runs can be fetched.'),
  },
  405: { Allow: text('Methods this route takes.') },
  429: {
    ...RETRY_HEADERS,
    'x-ratelimit-limit-requests': OK_HEADERS['x-ratelimit-limit-requests'],
    'x-ratelimit-remaining-requests': OK_HEADERS['x-ratelimit-remaining-requests'],
    'x-ratelimit-reset-requests': OK_HEADERS['x-ratelimit-reset-requests'],
  },
  502: { 'x-generation-id': IMAGE_HEADERS['x-generation-id'] },
  503: RETRY_HEADERS,
  504: {
    'x-generation-id': IMAGE_HEADERS['x-generation-id'],
    Location: text('Where the generation can be fetched when it has ended.'),
  },
};

/** Codes and what they say; one text per code, so that documents and operations agree. */
const MEANINGS: Readonly<Partial<Record<DomainErrorCode, string>>> = {
  invalid_value: 'A field has a value that is not accepted; param names it.',
  missing_required_parameter: 'A required field is missing; param names it.',
  content_policy_violation: 'The request was refused by a content policy. Nothing was charged.',
  invalid_api_key: 'The API key is missing, unknown, revoked or expired.',
  insufficient_credits: 'The account has not enough credits. Nothing was charged.',
  insufficient_scope: 'The key lacks the scope this needs.',
  model_not_allowed: 'The key may not use this model.',
  ip_not_allowed: 'The key may not be used from this address, or it may make no images.',
  not_found: 'There is no such thing for this account.',
  model_not_found: 'There is no such model.',
  method_not_allowed: 'The route does not take this method.',
  image_removed: 'The image was deleted, or the operator removed it.',
  request_too_large: 'The body is too large.',
  unsupported_media_type: 'The body is not plain UTF-8 JSON by its headers.',
  idempotency_in_progress: 'The first request with this Idempotency-Key still runs.',
  price_changed: 'More would be held than x-max-credits allows. Nothing moved.',
  idempotency_key_reused: 'This Idempotency-Key was used with another body.',
  rate_limit_exceeded: 'Too many requests per minute.',
  concurrency_limit_exceeded: 'Too many generations at once.',
  quota_exceeded: 'A daily or monthly limit was met; param names it.',
  internal_error: 'A fault of the server. It was logged.',
  upstream_unavailable: 'The upstream failed. Nothing was charged.',
  upstream_invalid_response: 'The upstream answered no usable picture. Nothing was charged.',
  model_unavailable: 'No upstream can serve this model now.',
  storage_unavailable: 'The images cannot be stored or read now.',
  database_unavailable: 'The database cannot be reached now.',
  draining: 'The server is shutting down.',
  generation_timeout: 'The generation took too long and failed. Nothing was charged.',
  generation_in_progress: 'The generation still runs; fetch it by its id later.',
};

const ANYWHERE: readonly DomainErrorCode[] = [
  'invalid_api_key',
  'ip_not_allowed',
  'insufficient_scope',
  'rate_limit_exceeded',
  'internal_error',
  'database_unavailable',
  'draining',
];

/** Documents the failures of an operation: those of every operation, and `codes`. */
export function ApiFailures(...codes: DomainErrorCode[]): MethodDecorator {
  const byStatus = new Map<number, DomainErrorCode[]>();
  for (const code of [...codes, ...ANYWHERE]) {
    const status = STATUS_OF_CODE[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses = [...byStatus].map(([status, group]) => failureResponse(status, group));
  return applyDecorators(ApiExtraModels(ErrorDto), ...responses);
}

function failureResponse(status: number, codes: readonly DomainErrorCode[]): MethodDecorator {
  const lines = codes.map((code) => `- \`${code}\`: ${MEANINGS[code] ?? code}`);
  return ApiResponse({
    status,
    description: lines.join('\n'),
    headers: { ...FAILURE_HEADERS, ...MORE_HEADERS[status] },
    content: {
      'application/json': {
        schema: { $ref: getSchemaPath(ErrorDto) },
        examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
      },
    },
  });
}

function exampleOf(code: DomainErrorCode): ErrorDto {
  const message = MEANINGS[code] ?? code;
  const param = code === 'invalid_value' || code === 'missing_required_parameter' ? 'prompt' : null;
  return { error: { message, type: openAiErrorType(code, STATUS_OF_CODE[code]), param, code } };
}

/** What can become of a request that makes images. */
export const MAKING_FAILURES = [
  'invalid_value',
  'missing_required_parameter',
  'content_policy_violation',
  'insufficient_credits',
  'model_not_allowed',
  'model_not_found',
  'request_too_large',
  'unsupported_media_type',
  'idempotency_in_progress',
  'idempotency_key_reused',
  'price_changed',
  'image_removed',
  'concurrency_limit_exceeded',
  'quota_exceeded',
  'upstream_unavailable',
  'upstream_invalid_response',
  'model_unavailable',
  'storage_unavailable',
  'generation_timeout',
  'generation_in_progress',
] as const;
