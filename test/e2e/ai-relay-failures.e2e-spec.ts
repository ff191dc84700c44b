import { jest } from '@jest/globals';
import { RelayService } from '../../src/relay/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import {
  AiRelayClient,
  ASKED,
  EDIT,
  EDIT_MODELS,
  GENERATE,
  MODELS,
  NATIVE,
  type RelayBody,
  TASK,
} from './ai-relay-client.js';

interface NativeBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly param: string | null;
  };
}

const SOME_ID = '019aa1f0-7c1e-7a2b-9c3d-4e5f60718293';
const [JSON_TYPE, EN] = [{ 'content-type': 'application/json' }, { 'accept-language': 'en' }];
/** Operation, method, path. */
const ENVELOPES: readonly (readonly [string, string, string])[] = [
  [GENERATE, 'POST', GENERATE],
  [`${GENERATE}/async`, 'POST', `${GENERATE}/async`],
  [EDIT, 'POST', EDIT],
  [`${EDIT}/async`, 'POST', `${EDIT}/async`],
  [TASK, 'GET', TASK.replace('{logId}', SOME_ID)],
];

describe('failures of /api/ai', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let client: AiRelayClient;
  let customer: { accountId: string; secret: string; keyId: string };

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl });
    client = await AiRelayClient.of(app);
  });

  beforeEach(async () => {
    customer = await client.given(100);
  });

  afterEach(() => void stub.reset());

  afterAll(async () => {
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await app.stop();
    await stub.close();
  });

  function native(body: unknown, headers: Record<string, string> = {}, path = NATIVE) {
    return client.send<NativeBody>('POST', NATIVE, path, {
      headers: { authorization: `Bearer ${customer.secret}`, ...JSON_TYPE, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  const expectEnvelope = (answer: { status: number; body: RelayBody }, code: number): void => {
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        data: {},
        code,
        message: expect.any(String),
        requestId: expect.any(String),
        timestamp: expect.any(Number),
      },
    ]);
  };

  it.each<[string, object, number, number, string]>([
    ['a missing prompt', { prompt: undefined }, 10002, 400, 'missing_required_parameter'],
    ['a missing model', { model: undefined }, 10002, 400, 'missing_required_parameter'],
    ['a size that is none', { size: '1x1' }, 10002, 400, 'invalid_value'],
    ['an unknown model', { model: 'nothing' }, 12300, 404, 'model_not_found'],
  ])('%s: its number, or OpenAI’s status', async (_name, fields, number, status, code) => {
    const body = { ...ASKED, ...fields };
    expectEnvelope(await client.generate(customer.secret, body), number);
    expectEnvelope(await client.post(`${GENERATE}/async`, customer.secret, body), number);
    const answer = await native(body);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });

  it('a prompt of more than 4000 characters and more than 10 images are the envelope’s own limits', async () => {
    expectEnvelope(await client.generate(customer.secret, { ...ASKED, n: 11 }), 10002);
    const long = { ...ASKED, prompt: '🦊'.repeat(4001) };
    expectEnvelope(await client.generate(customer.secret, long), 10002);
    expect((await native(long)).status).toBe(200);
  });

  it('a model that makes no edits is an invalid model', async () => {
    const image = 'https://nobody.example/a.png';
    const answer = await client.edit(customer.secret, { ...ASKED, model: 'dall-e-3', image });
    expectEnvelope(answer, 12300);
  });

  it.each([
    ['refused', 400, 'content_policy_violation'],
    ['status-500', 502, 'upstream_unavailable'],
    ['not-an-image', 502, 'upstream_invalid_response'],
    ['status-401', 503, 'model_unavailable'],
  ] as const)('an AI call that is %s is 12301, and gives all back', async (how, status, code) => {
    stub.always(how);
    expectEnvelope(await client.generate(customer.secret, ASKED), 12301);
    const started = await client.post(`${GENERATE}/async`, customer.secret, ASKED);
    const task = await client.ended(customer.secret, started.body.data.logId);
    expect(task).toMatchObject({ status: 'failed', points: 0, errorMessage: expect.any(String) });
    const answer = await native(ASKED);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: 100, held: 0 });
    stub.reset();
    expect((await native(ASKED)).status).toBe(200);
  });

  it('too few points are 402', async () => {
    const { secret } = await client.given(1);
    expectEnvelope(await client.generate(secret, ASKED), 402);
    const answer = await native(ASKED, { authorization: `Bearer ${secret}` });
    expect([answer.status, answer.body.error.code]).toEqual([402, 'insufficient_credits']);
  });

  it('a price above what was agreed to is 409, a key of another body 422', async () => {
    expectEnvelope(await client.generate(customer.secret, ASKED, { 'x-max-credits': '1' }), 409);
    expect((await native(ASKED, { 'x-max-credits': '1' })).status).toBe(409);
    const once = { 'idempotency-key': 'one' };
    await client.generate(customer.secret, ASKED, once);
    expectEnvelope(await client.generate(customer.secret, { ...ASKED, prompt: 'b' }, once), 422);
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: 98, held: 0 });
  });

  it('a repeat by key is answered with the same images, paid once', async () => {
    const once = { 'idempotency-key': 'two' };
    const first = await client.generate(customer.secret, ASKED, once);
    const second = await client.generate(customer.secret, ASKED, once);
    expect(second.body.data.list).toEqual(first.body.data.list);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    const task = await client.post(`${GENERATE}/async`, customer.secret, ASKED, {
      'idempotency-key': 'three',
    });
    const again = await client.post(`${GENERATE}/async`, customer.secret, ASKED, {
      'idempotency-key': 'three',
    });
    expect(again.body.data).toEqual(task.body.data);
    await client.ended(customer.secret, task.body.data.logId);
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: 96, held: 0 });
  });

  it.each(ENVELOPES)('%s: 401 without a good key, or with one elsewhere', async (...call) => {
    const [operation, method, path] = call;
    const body = method === 'POST' ? '{}' : undefined;
    const { secret } = customer;
    const wrong: Record<string, string>[] = [
      {},
      { 'x-api-key': 'sk-nothing' },
      { 'api-key': secret },
      { authorization: `Basic ${secret}` },
    ];
    for (const headers of wrong) {
      const init = { headers: { ...JSON_TYPE, ...headers }, body };
      expectEnvelope(await client.send(method, operation, path, init), 401);
    }
    const inQuery = await client.send(method, operation, `${path}?api_key=${secret}`, { body });
    expectEnvelope(inQuery, 401);
  });

  it('the native route takes a key as Bearer only', async () => {
    const { secret } = customer;
    for (const headers of [{}, { 'x-api-key': secret }, { 'api-key': secret }]) {
      const answer = await native(ASKED, { authorization: '', ...headers } as never);
      expect([answer.status, answer.body.error.code]).toEqual([401, 'invalid_api_key']);
    }
  });

  it.each(ENVELOPES)('%s: 403 for a key without the scope', async (operation, method, path) => {
    const { secret } = await client.given(10, { scopes: ['account.read'] });
    const body = method === 'POST' ? '{' : undefined;
    const init = { headers: { 'x-api-key': secret, ...JSON_TYPE }, body };
    expectEnvelope(await client.send(method, operation, path, init), 403);
  });

  it.each(ENVELOPES)('%s: 429 above a key’s limit', async (operation, method, path) => {
    const { secret } = await client.given(10, { limits: { requestsPerMinute: 1 } });
    const body = method === 'POST' ? '{}' : undefined;
    const init = { headers: { 'x-api-key': secret, ...JSON_TYPE }, body };
    await client.send(method, operation, path, init);
    const answer = await client.send(method, operation, path, init);
    expectEnvelope(answer, 429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('a body is read after key, scope and rate: a bad one costs a bad caller nothing', async () => {
    const { secret } = await client.given(0, { limits: { requestsPerMinute: 1 } });
    expectEnvelope(await client.generate(secret, '{'), 10002);
    expectEnvelope(await client.generate(secret, '{'), 429);
    expectEnvelope(await client.generate('sk-nothing', '{'), 401);
    const limited = await native('{', { authorization: `Bearer ${secret}` });
    expect([limited.status, limited.body.error.code]).toEqual([429, 'rate_limit_exceeded']);
  });

  it('tasks of others look like missing ones, and what is no id is said to be none', async () => {
    const { headers } = await client.generate(customer.secret, ASKED);
    const id = headers.get('x-generation-id') ?? '';
    const stranger = await client.given(0);
    expectEnvelope(await client.task(stranger.secret, id), 12303);
    expectEnvelope(await client.task(stranger.secret, SOME_ID), 12303);
    const told = async (of: string) => {
      return { ...(await client.task(stranger.secret, of)).body, requestId: '', timestamp: 0 };
    };
    expect(await told(id)).toEqual(await told(SOME_ID));
    for (const bad of ['x', id.toUpperCase(), `${id}0`, '%00', '%ff', "' OR 1=1"]) {
      expectEnvelope(await client.task(stranger.secret, bad), 12302);
    }
    expect((await client.task(customer.secret, id)).body.data.status).toBe('success');
  });

  it.each([
    ['GET', '/api/ai', 404],
    ['GET', '/api/ai/nothing', 404],
    ['POST', '/api/ai/image/generate/more', 404],
    ['GET', GENERATE, 405],
    ['DELETE', TASK.replace('{logId}', SOME_ID), 405],
    ['PUT', MODELS, 405],
    ['POST', EDIT_MODELS, 405],
  ] as const)('%s %s is %i in the envelope', async (method, path, code) => {
    const answer = await client.send('POST', GENERATE, path, { method });
    expectEnvelope(answer, code);
    expect(answer.headers.get('allow') !== null).toBe(code === 405);
  });

  it.each([
    ['GET', NATIVE, 405, 'method_not_allowed'],
    ['GET', '/api/ai/images', 404, 'not_found'],
    ['POST', '/api/ai/images/edits', 404, 'not_found'],
  ] as const)('%s %s is %i in OpenAI’s shape', async (method, path, status, code) => {
    const answer = await fetch(app.url + path, { method });
    expect([answer.status, await answer.json()]).toEqual([
      status,
      { error: { message: expect.any(String), type: 'invalid_request_error', param: null, code } },
    ]);
  });

  it('too much, another type and broken JSON are said in each shape', async () => {
    const large = JSON.stringify({ ...ASKED, user: 'x'.repeat(1_048_576) });
    const type = { 'content-type': 'text/plain' };
    expectEnvelope(await client.generate(customer.secret, large), 413);
    expectEnvelope(await client.generate(customer.secret, ASKED, type), 415);
    expectEnvelope(await client.edit(customer.secret, ASKED, type), 415);
    expectEnvelope(await client.generate(customer.secret, '{"a":'), 10002);
    expectEnvelope(await client.edit(customer.secret, '{"a":'), 10002);
    const twice = await client.generate(customer.secret, '{"n":1,"n":2}', EN);
    expect(twice.body.message).toBe('n: The same key is given twice.');
    const statuses = [await native(large), await native(ASKED, type), await native('{"a":')];
    expect(statuses.map(({ status, body }) => [status, body.error.code])).toEqual([
      [413, 'request_too_large'],
      [415, 'unsupported_media_type'],
      [400, 'invalid_value'],
    ]);
  });

  it('a bug is an opaque 500 in each shape', async () => {
    const accept = jest.spyOn(app.app.get(RelayService), 'accept');
    accept.mockRejectedValue(new Error('a secret of ours'));
    try {
      const answer = await client.generate(customer.secret, ASKED);
      expectEnvelope(answer, 500);
      expect(answer.text).not.toContain('secret');
      const { status, body } = await native(ASKED);
      expect([status, body.error.code]).toEqual([500, 'internal_error']);
    } finally {
      accept.mockRestore();
    }
  });

  it('what is still made when the wait ends is 504, and Location says where to ask', async () => {
    stub.always('hang');
    const late = await startApp({
      stub: stub.baseUrl,
      env: { ANSWER_DEADLINE_SECONDS: '1', WORK_DEADLINE_SECONDS: '3' },
    });
    try {
      const relay = await AiRelayClient.of(late);
      const { secret } = await relay.given(10);
      const answer = await relay.generate(secret, ASKED);
      const id = answer.headers.get('x-generation-id') ?? '';
      expectEnvelope(answer, 504);
      expect(answer.body.message).toContain(id);
      expect(answer.headers.get('location')).toBe(TASK.replace('{logId}', id));
      expect((await relay.ended(secret, id)).status).toBe('failed');
    } finally {
      await late.stop();
    }
  });

  describe('messages', () => {
    const said = async (language?: string): Promise<string> => {
      const headers = language === undefined ? undefined : { 'accept-language': language };
      const answer = await client.generate(customer.secret, { model: 'gpt-image-2' }, headers);
      expect(answer.headers.get('vary')).toMatch(/accept-language/i);
      return `${answer.headers.get('content-language')} ${answer.body.message}`;
    };

    it.each([
      [undefined, 'zh 缺少必填参数 prompt。'],
      ['*', 'zh 缺少必填参数 prompt。'],
      ['zh-TW,en;q=0.9', 'zh 缺少必填参数 prompt。'],
      ['en', "en 'prompt' is required."],
      ['fr, en;q=0.8, zh;q=0.9', 'zh 缺少必填参数 prompt。'],
      ['fr', "en 'prompt' is required."],
      ['x'.repeat(3000), 'zh 缺少必填参数 prompt。'],
    ])('for %s are in the right language', async (language, expected) => {
      expect(await said(language)).toBe(expected);
    });

    it('name what is accepted, in Chinese too', async () => {
      const { body } = await client.generate(customer.secret, { ...ASKED, quality: 'best' });
      expect(body.message).toContain('quality');
      expect(body.message).toContain('可用值：auto、low、medium、high');
      const answer = await native({ ...ASKED, quality: 'best' });
      expect(answer.body.error.message).toBe(body.message);
    });
  });
});
