import { applyDecorators } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiHeader,
  ApiResponse,
  type ApiResponseOptions,
  getSchemaPath,
} from '@nestjs/swagger';
import { TaskErrorDto } from './task-error.dto.js';

type Headers = NonNullable<ApiResponseOptions['headers']>;

const text = (description: string) => ({ description, schema: { type: 'string' as const } });
const integer = (description: string) => ({ description, schema: { type: 'integer' as const } });

/** Headers of every answer that succeeded. */
export const OK_HEADERS: Headers = {
  'x-request-id': text('Id of this request, for support. A plain id of yours is kept.'),
  'Cache-Control': text('Always no-store.'),
};

/** Headers of an answer with a task. */
export const TASK_HEADERS: Headers = {
  ...OK_HEADERS,
  'x-generation-id': text('The id of the task.'),
  'x-easel-demo': text('1 when the picture is a demonstration, made without a real upstream.'),
  'Idempotent-Replayed': text('true when an earlier request made the task.'),
};

const FAILURE_HEADERS: Headers = {
  ...OK_HEADERS,
  'x-should-retry': text('true only where a retry cannot be paid twice.'),
};

const RETRY_HEADERS: Headers = { 'Retry-After': integer('Seconds until it is worth a try.') };

/** What a failure of each status says, as `error` and `message`. */
const FAILURES = {
  400: [
    ['invalid_request', 'prompt is required'],
    ['content_policy_violation', 'The prompt holds a term that is not allowed here.'],
    ['price_changed', 'It would hold more than x-max-credits allows.'],
    ['idempotency_key_reused', 'This Idempotency-Key was used before with another request.'],
  ],
  401: [['invalid_api_key', 'Invalid API key']],
  402: [['insufficient_credits', 'insufficient credits for 1K generation, 0 < 2']],
  403: [
    ['paid_account_required', 'Open API access requires a paid account.'],
    ['insufficient_scope', 'This API key lacks the scope images.create.'],
    ['ip_blocked', 'Your IP is blocked from image generation.'],
  ],
  404: [['not_found', 'No such image generation task.']],
  413: [['request_too_large', 'The body may have at most 1048576 bytes.']],
  415: [['unsupported_media_type', 'The body must be JSON.']],
  429: [['rate_limited', 'Too many requests.']],
  500: [['internal_error', 'An internal error occurred. It has been logged.']],
  502: [['provider_error', 'No upstream serves gpt-image-2 at the moment.']],
} as const satisfies Readonly<Record<number, readonly (readonly [string, string])[]>>;

type FailureStatus = keyof typeof FAILURES;

const ANYWHERE: readonly FailureStatus[] = [401, 403, 429, 500];

/** Documents the failures of an operation: those of every operation, and `statuses`. */
export function ApiTaskFailures(...statuses: FailureStatus[]): MethodDecorator {
  const responses = [...statuses, ...ANYWHERE].map(failureResponse);
  return applyDecorators(ApiExtraModels(TaskErrorDto), ...responses);
}

function failureResponse(status: FailureStatus): MethodDecorator {
  const failures: readonly (readonly [string, string])[] = FAILURES[status];
  return ApiResponse({
    status,
    description: failures.map(([error, message]) => `- \`${error}\`: ${message}`).join('\n'),
    headers: { ...FAILURE_HEADERS, ...(status === 429 ? RETRY_HEADERS : {}) },
    content: {
      'application/json': {
        schema: { $ref: getSchemaPath(TaskErrorDto) },
        examples: Object.fromEntries(
          failures.map(([error, message]) => [error, { value: { code: -1, error, message } }]),
        ),
      },
    },
  });
}

/** What keeps a repeated create request from being paid twice. */
export function ApiTaskOnce(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'Makes repeats safe for 24 hours: the same key and body give the same task.',
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
        '1: a new task in any case. Without it, and without an Idempotency-Key, a request that ' +
        'repeats one of the last 15 minutes whose answer was lost gets that one’s task.',
      schema: { type: 'string', enum: ['1'] },
    }),
  );
}
