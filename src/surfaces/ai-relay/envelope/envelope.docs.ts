import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  type ApiResponseOptions,
  getSchemaPath,
} from '@nestjs/swagger';
import { EnvelopeFailureDto } from './envelope.dto.js';

type Headers = NonNullable<ApiResponseOptions['headers']>;

const text = (description: string) => ({ description, schema: { type: 'string' as const } });
const integer = (description: string) => ({ description, schema: { type: 'integer' as const } });

export const EVERY_ANSWER: Headers = {
  'x-request-id': text('Id of this request, for support. A plain id of yours is kept.'),
  'Cache-Control': text('Always no-store.'),
  'Content-Language': text('zh or en, by Accept-Language.'),
  'x-should-retry': text('On failures: true only where a retry cannot be paid twice.'),
  'Retry-After': integer('On failures: seconds until it is worth a try, where that is known.'),
};

/** Headers of an answer about images. */
export const IMAGE_HEADERS: Headers = {
  'x-generation-id': text('Id of the task.'),
  'x-images-delivered': text('Images delivered and charged, of those asked for: 3/4.'),
  'x-ignored-parameters': text('Parameters that were sent but not used, at most 20.'),
  'x-easel-demo': text('1 when the picture is a demonstration, made without a real upstream.'),
  'Idempotent-Replayed': text('true when an earlier request made them.'),
  Location: text('Where the task can be asked after, when it still runs.'),
};

/** What a failure of each number means. */
const FAILURES = {
  401: 'The API key is missing, unknown, revoked or expired.',
  402: 'The account has not enough points. Nothing was charged.',
  403: 'The key may not do this, or not from this address.',
  409: 'The request was refused before anything moved: x-max-credits, or a repeat of what still runs.',
  410: 'The images were deleted.',
  413: 'The body is too large.',
  415: 'The body is not plain UTF-8 JSON by its headers.',
  422: 'This Idempotency-Key was used with another body.',
  429: 'A limit was met: per minute, at once, per day or per month.',
  500: 'A fault of the server. It was logged.',
  503: 'Storage or database cannot be reached now, or the server is restarting.',
  504: 'The images are still being made: ask after the task in Location.',
  10002: 'A field is missing or has a value that is not accepted.',
  12300: 'There is no such model, or it cannot do this.',
  12301: 'The AI call failed or was refused. Nothing was charged.',
  12302: 'This is no id of a task.',
  12303: 'There is no such task for this account.',
} as const;

export type FailureNumber = keyof typeof FAILURES;

const ANYWHERE: readonly FailureNumber[] = [500, 503];

/** Documents an operation: always 200, its data in an envelope, or a failure. */
export function ApiEnvelope(
  data: Type | [Type],
  description: string,
  failures: readonly FailureNumber[],
  headers: Headers = {},
): MethodDecorator {
  const [item, isList] = Array.isArray(data) ? [data[0], true] : [data, false];
  const schema = { $ref: getSchemaPath(item) };
  const numbers = [...failures, ...ANYWHERE];
  const lines = numbers.map((number) => `- \`${number}\`: ${FAILURES[number]}`);
  return applyDecorators(
    ApiExtraModels(item, EnvelopeFailureDto),
    ApiHeader({
      name: 'Accept-Language',
      required: false,
      description: 'zh or en, for names and messages; Chinese without it.',
      schema: { type: 'string', example: 'en' },
    }),
    ApiOkResponse({
      description: `${description} Or a failure, by \`code\`:\n${lines.join('\n')}`,
      headers: { ...EVERY_ANSWER, ...headers },
      schema: {
        oneOf: [
          envelopeSchema(isList ? { type: 'array', items: schema } : schema),
          { $ref: getSchemaPath(EnvelopeFailureDto) },
        ],
      },
    }),
  );
}

function envelopeSchema(data: object) {
  return {
    type: 'object' as const,
    required: ['data', 'code', 'message'],
    properties: {
      data,
      code: { type: 'integer' as const, enum: [0] },
      message: { type: 'string' as const, example: '请求成功' },
      requestId: { type: 'string' as const },
    },
  };
}
