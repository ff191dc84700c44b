import sharp from 'sharp';
import { startApp, stubUpstream, type TestApp } from '../support/app.js';
import {
  type BehaviourName,
  startUpstreamStub,
  type UpstreamStub,
} from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';

let stub: UpstreamStub;
let subject: TestApp;

beforeAll(async () => {
  stub = await startUpstreamStub();
  // A short attempt limit, so that an upstream that hangs is given up within the test.
  const upstream = stubUpstream(stub.baseUrl, { attemptTimeoutSeconds: 2 });
  const renderer = {
    name: 'local',
    provider: 'local-renderer',
    safeToRepeat: true,
    models: ['easel-sketch'],
  };
  subject = await startApp({ upstreams: [upstream, renderer] });
});

afterAll(async () => {
  await subject?.stop();
  await stub?.close();
});

beforeEach(() => void stub.reset());

afterEach(async () => {
  expect(await subject.checkLedger()).toMatchObject({ ok: true, violations: [] });
});

function post(
  secret: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${subject.url}/v1/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const PICTURE = { prompt: 'a lighthouse', model: 'gpt-image-2', size: '1024x1024' };

async function kindsOf(accountId: string): Promise<string[]> {
  const rows = await subject.database.query<{ kind: string }>(
    'SELECT kind FROM credit_entries WHERE account_id = $1 ORDER BY seq',
    [accountId],
  );
  return rows.map(({ kind }) => kind);
}

describe('a generation that succeeds', () => {
  it('is charged once, stored, and stays behind its link', async () => {
    const { accountId, secret } = await subject.givenCustomer(10);

    const answer = await post(secret, { ...PICTURE, response_format: 'url' });
    const { data } = (await answer.json()) as { data: { url: string }[] };
    const file = await fetch(data[0].url, { headers: { authorization: 'Bearer whatever' } });

    expect(answer.status).toBe(200);
    expect(await sharp(Buffer.from(await file.arrayBuffer())).metadata()).toMatchObject({
      width: 1024,
      height: 1024,
      format: 'png',
    });
    expect(await subject.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
    expect(await kindsOf(accountId)).toEqual(['grant', 'hold', 'capture']);
    const again = await fetch(`${subject.url}/v1/images/${answer.headers.get('x-generation-id')}`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(((await again.json()) as { data: { url: string }[] }).data[0].url).toBe(data[0].url);
  });

  it("keeps the upstream's bytes to the letter", async () => {
    const { secret } = await subject.givenCustomer(10);

    const answer = await post(secret, { ...PICTURE, response_format: 'b64_json' });
    const { data } = (await answer.json()) as { data: { b64_json: string }[] };
    const bytes = Buffer.from(data[0].b64_json, 'base64');

    const { createHash } = await import('node:crypto');
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(stub.calls[0].images[0].sha256);
  });

  it('bills a smaller picture than asked as what came', async () => {
    const { accountId, secret } = await subject.givenCustomer(10);
    stub.next('ok', { size: { width: 1024, height: 1024 } });

    const answer = await post(secret, { ...PICTURE, size: '2048x2048' });

    expect(answer.status).toBe(200);
    expect(await subject.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
    expect(await kindsOf(accountId)).toEqual(['grant', 'hold', 'capture', 'release']);
  });

  it('bills k of n images as k', async () => {
    const { accountId, secret } = await subject.givenCustomer(10);
    stub.next('ok', { images: 3 });

    const answer = await post(secret, { ...PICTURE, n: 4, response_format: 'url' });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-images-delivered')).toBe('3/4');
    expect(((await answer.json()) as { data: unknown[] }).data).toHaveLength(3);
    expect(await subject.balanceOf(accountId)).toEqual({ available: 4, held: 0 });
  });

  it('goes on when the client leaves, and is charged once', async () => {
    const { accountId, secret } = await subject.givenCustomer(10);
    const release = stub.hold();
    const leaving = new AbortController();
    const gone = fetch(`${subject.url}/v1/images/generations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(PICTURE),
      signal: leaving.signal,
    }).catch((error: Error) => error.name);
    await until(() => stub.inFlight === 1);

    leaving.abort();

    expect(await gone).toBe('AbortError');
    release();
    await until(async () => (await subject.balanceOf(accountId)).held === 0);
    expect(await subject.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
    const usage = await fetch(`${subject.url}/v1/account/usage`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    const { items } = (await usage.json()) as { items: { id: string; status_code: number }[] };
    expect(items).toMatchObject([{ status_code: 200 }]);
  });
});

describe('an Idempotency-Key', () => {
  it('is answered from the first generation, whoever comes second', async () => {
    const { accountId, secret } = await subject.givenCustomer(10);
    stub.always('ok', { latencyMs: 150 });
    const key = { 'idempotency-key': 'order-77' };

    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post(secret, { ...PICTURE, response_format: 'url' }, key)),
    );
    const later = await post(secret, { ...PICTURE, response_format: 'url' }, key);
    const other = await post(secret, { ...PICTURE, prompt: 'another' }, key);

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(answers.map(({ headers }) => headers.get('x-generation-id'))).size).toBe(1);
    expect(later.headers.get('idempotent-replayed')).toBe('true');
    expect(other.status).toBe(422);
    expect(stub.calls).toHaveLength(1);
    expect(await subject.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
  });
});

describe('an upstream that fails', () => {
  const CASES: [BehaviourName, number, string, Record<string, string>][] = [
    ['status-500', 502, 'upstream_unavailable', { 'x-should-retry': 'false' }],
    ['status-503', 502, 'upstream_unavailable', { 'x-should-retry': 'false' }],
    ['status-401', 503, 'model_unavailable', { 'x-should-retry': 'false' }],
    ['status-402', 503, 'model_unavailable', { 'x-should-retry': 'false' }],
    ['status-403', 503, 'model_unavailable', { 'x-should-retry': 'false' }],
    ['insufficient-quota', 503, 'model_unavailable', { 'x-should-retry': 'false' }],
    ['status-429', 503, 'model_unavailable', { 'x-should-retry': 'false', 'retry-after': '7' }],
    ['status-400', 502, 'upstream_invalid_response', { 'x-should-retry': 'false' }],
    ['refused', 400, 'content_policy_violation', { 'x-should-retry': 'false' }],
    ['html', 502, 'upstream_invalid_response', { 'x-should-retry': 'false' }],
    ['bad-json', 502, 'upstream_invalid_response', { 'x-should-retry': 'false' }],
    ['wrong-schema', 502, 'upstream_invalid_response', { 'x-should-retry': 'false' }],
    ['junk-base64', 502, 'upstream_invalid_response', { 'x-should-retry': 'false' }],
    ['truncated-png', 502, 'upstream_invalid_response', { 'x-should-retry': 'false' }],
    ['trailing-bytes', 502, 'upstream_invalid_response', { 'x-should-retry': 'false' }],
    ['not-an-image', 502, 'upstream_invalid_response', { 'x-should-retry': 'false' }],
    ['empty-data', 502, 'upstream_invalid_response', { 'x-should-retry': 'false' }],
    ['redirect', 502, 'upstream_invalid_response', { 'x-should-retry': 'false' }],
    ['reset-before-headers', 502, 'upstream_unavailable', { 'x-should-retry': 'false' }],
    ['reset-mid-body', 502, 'upstream_unavailable', { 'x-should-retry': 'false' }],
    ['cut-mid-body', 502, 'upstream_unavailable', { 'x-should-retry': 'false' }],
    ['hang', 504, 'generation_timeout', { 'x-should-retry': 'false' }],
    ['hang-mid-body', 504, 'generation_timeout', { 'x-should-retry': 'false' }],
    ['drip', 504, 'generation_timeout', { 'x-should-retry': 'false' }],
  ];

  it.each(CASES)(
    '%s: answers %d %s and gives the credits back',
    async (behaviour, status, code, headers) => {
      const { accountId, secret } = await subject.givenCustomer(10);
      stub.always(behaviour, { retryAfter: 7 });

      const answer = await post(secret, PICTURE);
      const text = await answer.text();

      expect([answer.status, (JSON.parse(text) as { error: { code: string } }).error.code]).toEqual(
        [status, code],
      );
      expect(
        Object.fromEntries(Object.keys(headers).map((name) => [name, answer.headers.get(name)])),
      ).toEqual(headers);
      expect(await subject.balanceOf(accountId)).toEqual({ available: 10, held: 0 });
      expect(await kindsOf(accountId)).toEqual(['grant', 'hold', 'release']);
      expect(stub.calls).toHaveLength(1);
      // Neither the upstream's name nor its address nor our key there is a customer's business.
      expect(text).not.toMatch(/stub|127\.0\.0\.1|sk-/);
    },
  );

  it('that cannot be reached may be asked again: no byte was sent', async () => {
    const closed = await startUpstreamStub();
    const { baseUrl } = closed;
    await closed.close();
    const lonely = await startApp({ stub: baseUrl });
    try {
      const { accountId, secret } = await lonely.givenCustomer(10);
      const answer = await fetch(`${lonely.url}/v1/images/generations`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify(PICTURE),
      });

      expect(answer.status).toBe(502);
      expect(answer.headers.get('x-should-retry')).toBe('true');
      expect(await lonely.balanceOf(accountId)).toEqual({ available: 10, held: 0 });
    } finally {
      await lonely.stop();
    }
  });
});

describe('parallel requests', () => {
  // One success closes the circuit that the failures above have opened.
  beforeAll(async () => {
    stub.reset();
    const { secret } = await subject.givenCustomer(2);
    expect((await post(secret, PICTURE)).status).toBe(200);
  });

  it('on credits for ten give exactly ten pictures of 64', async () => {
    const { accountId, secret } = await subject.givenCustomer(20);
    stub.always('ok', { latencyMs: 50 });

    const answers = await Promise.all(
      Array.from({ length: 64 }, () => post(secret, { ...PICTURE, response_format: 'url' })),
    );

    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(statuses.filter((status) => status === 402)).toHaveLength(54);
    expect(stub.calls).toHaveLength(10);
    expect(await subject.balanceOf(accountId)).toEqual({ available: 0, held: 0 });
  });

  it('of a key limited to three at once never reach the upstream as four', async () => {
    const { secret } = await subject.givenCustomer(100, { limits: { concurrency: 3 } });
    const release = stub.hold();
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, stub.inFlight)), 5);

    let judged = 0;
    const asked = Array.from({ length: 24 }, () =>
      post(secret, PICTURE).finally(() => (judged += 1)),
    );
    await until(() => judged === 21);
    release();
    const answers = await Promise.all(asked);
    clearInterval(watch);

    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(refused).toHaveLength(21);
    expect(most).toBe(3);
    const { error } = (await refused[0].json()) as { error: { code: string } };
    expect(error.code).toBe('concurrency_limit_exceeded');
    expect(refused[0].headers.get('retry-after')).toBe('1');
    expect(refused[0].headers.get('x-should-retry')).toBe('true');
  });
});

describe('the format that was asked for', () => {
  const flare = { ...PICTURE, model: 'gpt-image-2.6-flare' };

  it('is recorded as it came where one still picture is as good as another', async () => {
    const { accountId, secret } = await subject.givenCustomer(10);
    stub.next('ok', { format: 'webp' });
    const answer = await post(secret, { ...flare, output_format: 'jpeg' });
    expect([answer.status, await answer.json()]).toMatchObject([200, { output_format: 'webp' }]);
    expect((await subject.balanceOf(accountId)).available).toBeLessThan(10);
  });

  it.each(['svg', 'gif'])('is all that is paid for where it is %s', async (format) => {
    const { accountId, secret } = await subject.givenCustomer(10);
    stub.next('ok', { format: 'png' });
    const answer = await post(secret, { ...flare, output_format: format });
    expect([answer.status, await answer.json()]).toMatchObject([
      502,
      { error: { code: 'upstream_invalid_response' } },
    ]);
    expect(await subject.balanceOf(accountId)).toEqual({ available: 10, held: 0 });
  });
});

describe('a test key', () => {
  it('draws for nothing, whatever the model, and fails as it is told', async () => {
    const { accountId, secret } = await subject.givenCustomer(0, { mode: 'test' });

    const drawn = await post(secret, { ...PICTURE, response_format: 'url' });
    const refused = await post(secret, { ...PICTURE, prompt: '[[easel:refused]] a boat' });
    const big = await post(secret, { ...PICTURE, size: '2048x2048' });
    const moving = { ...PICTURE, model: 'gpt-image-2.6-flare', output_format: 'gif' };
    expect((await post(secret, moving)).status).toBe(400);

    expect([drawn.status, refused.status, big.status]).toEqual([200, 400, 400]);
    expect(stub.calls).toHaveLength(0);
    expect(await kindsOf(accountId)).toEqual([]);
  });
});
