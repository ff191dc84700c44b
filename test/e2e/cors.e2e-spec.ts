import { RouteTable } from '../../src/surface-kit/index.js';
import { ADMIN_KEY, type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { SurfaceClient } from './openai-client.js';

const CREDITS = 100;
const ORIGIN = 'https://shop.example';
const REQUEST = { model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024' };
const IMAGES = '/v1/images/generations';
const MISSING = '019aa1f0-7c1e-7a2b-9c3d-4e5f60718293';
/** Of whatever an answer says beside its body, this is ours to be read by a page. */
const OURS =
  /^(?:x-(?:easel|generation|ignored|images|ratelimit|request|should)|openai-|retry-after|idempotent|preference|location$|allow$|etag$|accept-ranges$|content-(?:range|disposition)$)/;

type Headers = Readonly<Record<string, string>>;

describe('a page of another origin', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string };

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl });
    customer = await app.givenCustomer(CREDITS);
  });

  afterEach(() => void stub.reset());

  afterAll(async () => {
    await app.stop();
    await stub.close();
  });

  async function from(origin: string, method: string, path: string, headers: Headers = {}) {
    const init = { method, headers: { origin, ...headers }, redirect: 'manual' } as const;
    const answer = await fetch(app.url + path, init);
    await answer.arrayBuffer();
    return answer;
  }

  function expectReadable({ headers }: Response): void {
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    const exposed = (headers.get('access-control-expose-headers') ?? '').toLowerCase().split(',');
    const ours = [...headers.keys()].filter((name) => OURS.test(name));
    expect(exposed.map((name) => name.trim())).toEqual(expect.arrayContaining(ours));
    expect(ours).toContain('x-request-id');
  }

  it('reads what every route answers, without a key and with one', async () => {
    const routes = app.app.get(RouteTable, { strict: false }).list();
    expect(routes.length).toBeGreaterThan(60);
    for (const { method, path } of routes) {
      const filled = path.replace(/[:*]\w+/g, MISSING).replace(/[{}]/g, '');
      expectReadable(await from(ORIGIN, method, filled));
      const key = path.startsWith('/admin') ? ADMIN_KEY : customer.secret;
      expectReadable(await from(ORIGIN, method, filled, { authorization: `Bearer ${key}` }));
    }
  }, 60_000);

  it('may ask every route, with whatever headers its SDK sends', async () => {
    const asked = 'authorization, content-type, idempotency-key, prefer, x-stainless-os';
    for (const { method, path } of app.app.get(RouteTable, { strict: false }).list()) {
      const { status, headers } = await from(ORIGIN, 'OPTIONS', path.replace(/[:*]\w+/g, MISSING), {
        'access-control-request-method': method,
        'access-control-request-headers': asked,
      });
      expect([path, status, headers.get('access-control-allow-origin')]).toEqual([path, 204, '*']);
      expect(headers.get('access-control-allow-methods')).toContain(method);
      expect(headers.get('access-control-allow-headers')).toBe(asked);
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  function post(body: object | string, headers: Headers = {}, path = IMAGES) {
    return fetch(app.url + path, {
      method: 'POST',
      headers: {
        origin: ORIGIN,
        authorization: `Bearer ${customer.secret}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  it.each<[number, object | string, Headers, string]>([
    [400, '{', {}, IMAGES],
    [400, { ...REQUEST, size: '17x17' }, {}, IMAGES],
    [401, REQUEST, { authorization: 'Bearer nothing' }, IMAGES],
    [404, { ...REQUEST, model: 'nothing' }, {}, IMAGES],
    [404, REQUEST, {}, '/v1/nothing'],
    [405, REQUEST, {}, '/v1/models'],
    [409, REQUEST, { 'x-max-credits': '1' }, IMAGES],
    [413, { ...REQUEST, prompt: 'x'.repeat(1_100_000) }, {}, IMAGES],
    [415, REQUEST, { 'content-type': 'text/plain' }, IMAGES],
  ])('reads a %d, and that no retry is advised', async (status, body, headers, path) => {
    const answer = await post(body, headers, path);
    await answer.text();
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([status, 'false']);
    expectReadable(answer);
  });

  it('reads refusals of the account: 402, 403, 422, 429', async () => {
    const poor = await app.givenCustomer(0);
    const narrow = await app.givenKey(customer.accountId, { scopes: ['images.read'] });
    const slow = await app.givenKey(customer.accountId, { limits: { requestsPerMinute: 1 } });
    const bearer = ({ secret }: { secret: string }) => ({ authorization: `Bearer ${secret}` });
    await (await post(REQUEST, { 'idempotency-key': 'cors' })).text();
    await (await post({ ...REQUEST, size: '1x1' }, bearer(slow))).text();
    const refused = [
      await post(REQUEST, bearer(poor)),
      await post(REQUEST, bearer(narrow)),
      await post({ ...REQUEST, n: 2 }, { 'idempotency-key': 'cors' }),
      await post(REQUEST, bearer(slow)),
    ];
    expect(refused.map(({ status, headers }) => [status, headers.get('x-should-retry')])).toEqual([
      [402, 'false'],
      [403, 'false'],
      [422, 'false'],
      [429, 'true'],
    ]);
    for (const answer of refused) expectReadable(answer);
  });

  it('reads failures, ours and those behind us: 500, 502', async () => {
    stub.next('status-500');
    const behind = await post(REQUEST);
    await app.database.query('ALTER TABLE credit_accounts RENAME TO hidden');
    const ours = await from(ORIGIN, 'GET', '/v1/account/balance', {
      authorization: `Bearer ${customer.secret}`,
    });
    await app.database.query('ALTER TABLE hidden RENAME TO credit_accounts');
    expect([behind.status, ours.status]).toEqual([502, 500]);
    expect(ours.headers.get('x-should-retry')).toBe('false');
    for (const answer of [behind, ours]) expectReadable(answer);
  });

  it('reads streams, what was accepted, and the pictures with their states', async () => {
    const stream = await post({ ...REQUEST, stream: true });
    expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const begun = await post(REQUEST, { prefer: 'respond-async' });
    const made = await post({ ...REQUEST, response_format: 'url' });
    expect([stream.status, begun.status, made.status]).toEqual([200, 202, 200]);
    const { data } = (await made.json()) as { data: { url: string }[] };
    const path = new URL(data[0].url).pathname;
    const whole = await from(ORIGIN, 'GET', path);
    const files = [
      whole,
      await from(ORIGIN, 'HEAD', path),
      await from(ORIGIN, 'GET', path, { range: 'bytes=0-9' }),
      await from(ORIGIN, 'GET', path, { range: 'bytes=999999999-' }),
      await from(ORIGIN, 'GET', path, { 'if-none-match': whole.headers.get('etag') ?? '' }),
    ];
    expect(files.map(({ status }) => status)).toEqual([200, 200, 206, 416, 304]);
    const client = new SurfaceClient(app, customer.secret);
    await client.delete(`/v1/images/${made.headers.get('x-generation-id')}`);
    const gone = await from(ORIGIN, 'GET', path);
    expect(gone.status).toBe(410);
    for (const answer of [stream, begun, made, ...files, gone]) expectReadable(answer);
    await stream.text();
  });

  it('reads what is wrong with a path that means nothing', async () => {
    for (const path of ['/%E0%A4%A', '/v1/images/%E0%A4%A', '//v1//nothing', '/nothing']) {
      const answer = await from('null', 'GET', path);
      expect([400, 401, 404]).toContain(answer.status);
      expectReadable(answer);
    }
  });

  describe('sends its key', () => {
    const other = 'sk-easel-live-0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';

    it.each<[number, (secret: string) => Headers]>([
      [200, (secret) => ({ authorization: `Bearer ${secret}` })],
      [200, (secret) => ({ authorization: `bearer ${secret}` })],
      [200, (secret) => ({ 'x-api-key': secret })],
      [200, (secret) => ({ 'api-key': secret })],
      [200, (secret) => ({ 'api-key': secret, 'x-api-key': secret })],
      [200, (secret) => ({ authorization: `Bearer ${secret}`, 'x-api-key': secret })],
      [401, (secret) => ({ authorization: `Bearer ${secret}`, 'x-api-key': other })],
      [401, (secret) => ({ authorization: `Bearer ${other}`, 'api-key': secret })],
      [401, (secret) => ({ 'x-api-key': secret, 'api-key': other })],
      [401, (secret) => ({ authorization: `Bearer ${secret}`, 'x-api-key': '' })],
      [401, (secret) => ({ authorization: `Basic ${btoa(`:${secret}`)}` })],
      [401, (secret) => ({ cookie: `key=${secret}` })],
      [401, () => ({})],
    ])(
      'and gets %d by one header or two that agree, not by two that differ',
      async (status, of) => {
        const headers = of(customer.secret);
        const answer = await from(ORIGIN, 'GET', '/v1/models', headers);
        expect([headers, answer.status]).toEqual([headers, status]);
        expectReadable(answer);
      },
    );

    it('never in the address', async () => {
      const { secret } = customer;
      for (const name of ['key', 'api_key', 'api-key', 'access_token']) {
        expect((await from(ORIGIN, 'GET', `/v1/models?${name}=${secret}`)).status).toBe(401);
      }
    });
  });
});
