import OpenAI from 'openai';
import type { Bench } from './bench.js';
import { type ClientCase, NOTHING, PROMPT } from './client-case.js';

interface Failing {
  readonly status: number;
  readonly code: string;
  readonly raises: abstract new (...args: never[]) => Error;
  readonly sent?: object;
  readonly headers?: Record<string, string>;
  /** What has to be so before; gives the key to ask with, if another one. */
  readonly given?: (bench: Bench) => Promise<string | void>;
  readonly calls?: number;
}

const IDEMPOTENT = { 'idempotency-key': 'order-1' };

const FAILURES: readonly Failing[] = [
  { status: 400, code: 'invalid_value', raises: OpenAI.BadRequestError, sent: { size: '7x7' } },
  {
    status: 401,
    code: 'invalid_api_key',
    raises: OpenAI.AuthenticationError,
    given: async () => 'sk-easel-live-nobody',
  },
  {
    status: 402,
    code: 'insufficient_credits',
    raises: OpenAI.APIError,
    given: async ({ app }) => (await app.givenCustomer(0)).secret,
  },
  {
    status: 403,
    code: 'model_not_allowed',
    raises: OpenAI.PermissionDeniedError,
    given: async ({ app }) => (await app.givenCustomer(9, { models: ['dall-e-3'] })).secret,
  },
  {
    status: 404,
    code: 'model_not_found',
    raises: OpenAI.NotFoundError,
    sent: { model: 'no-such-model' },
  },
  {
    status: 409,
    code: 'price_changed',
    raises: OpenAI.ConflictError,
    headers: { 'x-max-credits': '1' },
  },
  {
    status: 422,
    code: 'idempotency_key_reused',
    raises: OpenAI.UnprocessableEntityError,
    headers: IDEMPOTENT,
    given: async (bench) => {
      const { secret } = await bench.app.givenCustomer(9);
      const headers = { ...IDEMPOTENT, authorization: `Bearer ${secret}` };
      const body = { model: 'easel-sketch', prompt: 'another one', size: '256x256' };
      await bench.postJson('/v1/images/generations', body, headers);
      return secret;
    },
  },
  {
    status: 429,
    code: 'rate_limit_exceeded',
    raises: OpenAI.RateLimitError,
    given: async ({ app, baseUrl }) => {
      const { secret } = await app.givenCustomer(9, { limits: { requestsPerMinute: 1 } });
      await fetch(`${baseUrl}/models`, { headers: { authorization: `Bearer ${secret}` } });
      return secret;
    },
  },
  {
    status: 400,
    code: 'content_policy_violation',
    raises: OpenAI.BadRequestError,
    given: async ({ stub }) => void stub.always('refused'),
    calls: 1,
  },
  {
    status: 502,
    code: 'upstream_unavailable',
    raises: OpenAI.InternalServerError,
    given: async ({ stub }) => void stub.always('status-500'),
    calls: 1,
  },
  {
    status: 503,
    code: 'model_unavailable',
    raises: OpenAI.InternalServerError,
    given: async ({ stub }) => void stub.always('status-429'),
    calls: 1,
  },
];

/** Every class of error that the SDK has, raised by the status it stands for. */
export const ERROR_CLASSES = FAILURES.map(
  ({ status, code, raises, sent, headers, given, calls = 0 }): ClientCase => ({
    ...NOTHING,
    calls,
    feature: 'errors',
    how: `${raises.name} ${status} ${code}`,
    run: async (bench) => {
      const apiKey = (await given?.(bench)) ?? bench.secret;
      const client = new OpenAI({ baseURL: bench.baseUrl, apiKey, maxRetries: 0 });
      const body = { model: 'gpt-image-2', prompt: PROMPT, ...sent };
      const error = await client.images.generate(body, { headers }).then(
        () => null,
        (caught: unknown) => caught,
      );
      expect(error).toBeInstanceOf(raises);
      expect(error).toMatchObject({ status, code, requestID: expect.any(String) });
      return [];
    },
  }),
);
