import { ApiKeysService } from '../../src/api-keys/index.js';
import { RelayService } from '../../src/relay/index.js';
import { AdminClient } from '../support/admin-client.js';
import { startApp, type TestApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { bearer, CREATE, CREDITS, FIND, OpenTasksClient } from './open-tasks-client.js';

const PROMPT = { prompt: 'a lighthouse' };
const JSON_TYPE = { 'content-type': 'application/json' };
const NO_KEY = { code: -1, error: 'invalid_api_key', message: 'Invalid API key' };
const ID = '019aa1f0-7c1e-7a2b-9c3d-4e5f60718293';

describe('refusals of /api/open/v1', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let client: OpenTasksClient;
  let customer: { accountId: string; secret: string; keyId: string };
  const admin = new AdminClient(() => app);

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl });
    client = await OpenTasksClient.of(app);
    customer = await client.givenPaid(10);
  });

  afterAll(async () => {
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: 10, held: 0 });
    await app.stop();
    await stub.close();
  });

  const refusal = ({ status, body }: { status: number; body: { error?: string } }) => [
    status,
    body.error,
  ];

  describe('of keys', () => {
    it.each([
      ['none', {}, ''],
      ['an unknown one', bearer('sk-gip-live-000000000000000000000000000000000000'), ''],
      ['a malformed one', bearer('sk-gip-x'), ''],
      ['one in x-api-key', { 'x-api-key': '$' }, ''],
      ['one in api-key', { 'api-key': '$' }, ''],
      ['one in a cookie', { cookie: 'api_key=$' }, ''],
      ['one as Basic', { authorization: 'Basic $' }, ''],
      ['one in ?api_key', {}, '?api_key=$'],
      ['one in ?key', {}, '?key=$'],
      ['one in ?access_token', {}, '?access_token=$'],
    ])('%s: one body on every route', async (_name, headers, query) => {
      const fill = (text: string) => text.replace('$', customer.secret);
      const sent = Object.entries(headers).map(([name, value]) => [name, fill(value)]);
      const init = { headers: Object.fromEntries(sent) as Record<string, string> };
      const answers = [
        await client.send('POST', CREATE, CREATE + fill(query), { ...init, body: '{' }),
        await client.send('GET', FIND, `${CREATE}/${ID}${fill(query)}`, init),
        await client.send('GET', CREDITS, CREDITS + fill(query), init),
      ];
      for (const { status, body } of answers) expect([status, body]).toEqual([401, NO_KEY]);
    });

    it('deleted and expired ones look alike', async () => {
      const expired = await client.givenPaid(5, { expiresAt: new Date(Date.now() + 60_000) });
      const revoked = await client.givenPaid(5);
      await app.database.query(
        `UPDATE api_keys SET expires_at = now() - interval '1 minute' WHERE id = $1`,
        [expired.keyId],
      );
      await app.app.get(ApiKeysService).revoke(revoked.keyId);
      for (const { secret } of [expired, revoked]) {
        const { status, body } = await client.create(secret, PROMPT);
        expect([status, body]).toEqual([401, NO_KEY]);
      }
    });
  });

  it('come in their order: key, paid account, scope, address, body, credits', async () => {
    const free = await app.givenCustomer(0, { scopes: ['account.read'] });
    const { id: accountId } = await app.givenAccount(0, 'paid');
    const noScope = await app.givenKey(accountId, { scopes: ['account.read'] });
    const paid = await app.givenKey(accountId, { style: 'gip' });
    await admin.call('post', 'ip-blocks', { cidr: '127.0.0.1' }).expect(201);

    const first = [
      refusal(await client.create('sk-gip-live-none', '{')),
      refusal(await client.create(free.secret, '{')),
      refusal(await client.create(noScope.secret, '{')),
      refusal(await client.create(paid.secret, '{')),
    ];
    const reading = refusal(await client.find(paid.secret, ID));
    await admin.call('delete', 'ip-blocks', { cidr: '127.0.0.1/32' }).expect(204);
    const last = [
      refusal(await client.create(paid.secret, '{')),
      refusal(await client.create(paid.secret, { ...PROMPT, resolution: '4k' })),
      refusal(await client.create(paid.secret, PROMPT)),
    ];

    expect(first).toEqual([
      [401, 'invalid_api_key'],
      [403, 'paid_account_required'],
      [403, 'insufficient_scope'],
      [403, 'ip_blocked'],
    ]);
    expect(reading).toEqual([404, 'not_found']);
    expect(last).toEqual([
      [400, 'invalid_request'],
      [400, 'invalid_request'],
      [402, 'insufficient_credits'],
    ]);
  });

  it('say what is missing in the words of the document', async () => {
    const poor = await client.givenPaid(3);
    const free = await app.givenCustomer(9);
    const messages = [
      await client.create(customer.secret, {}),
      await client.create(customer.secret, { prompt: ' \n' }),
      await client.create(poor.secret, { ...PROMPT, resolution: '4k', aspect_ratio: '16:9' }),
      await client.credits(free.secret),
    ].map(({ body }) => body.message);
    expect(messages).toEqual([
      'prompt is required',
      'prompt is required',
      'insufficient credits for 4K generation, 3 < 6',
      'Open API access requires a paid account.',
    ]);
  });

  it('name the field, and a path that cannot be read as missing', async () => {
    const twice = '{"prompt":"a","prompt":"b"}';
    const { body } = await client.create(customer.secret, twice);
    expect(body).toMatchObject({ message: 'prompt: The same key is given twice.' });
    const missing = await client.find(customer.secret, '%ff');
    expect([missing.status, missing.body.error]).toEqual([404, 'not_found']);
  });

  it('of each route ask for the scope of that route', async () => {
    const { id } = await app.givenAccount(5, 'paid');
    const answers = new Map<string, unknown>();
    for (const scope of ['images.create', 'images.read', 'account.read'] as const) {
      const { secret } = await app.givenKey(id, { scopes: [scope] });
      answers.set(scope, [
        (await client.create(secret, '{}')).status,
        (await client.find(secret, ID)).status,
        (await client.credits(secret)).status,
      ]);
    }
    expect(Object.fromEntries(answers)).toEqual({
      'images.create': [400, 403, 403],
      'images.read': [403, 404, 403],
      'account.read': [403, 403, 200],
    });
  });

  it('make foreign, missing and malformed ids look alike', async () => {
    const other = await client.givenPaid(10, { mode: 'test' });
    const { id } = (await client.create(other.secret, PROMPT)).body.data;
    const odd = [id, ID, ID.toUpperCase(), 'abc', '%00', '..%2f..%2fetc', '%7Bid%7D', '__proto__'];

    const answers = await Promise.all(odd.map((each) => client.find(customer.secret, each)));

    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(refusal(answers[0])).toEqual([404, 'not_found']);
    expect((await client.find(other.secret, id)).status).toBe(200);
  });

  it.each([
    ['GET', '/api/open/v1', 404, 'not_found'],
    ['GET', '/api/open/v1/nothing', 404, 'not_found'],
    ['POST', '/api/open/v1/images/generation', 404, 'not_found'],
    ['POST', CREDITS, 405, 'method_not_allowed'],
    ['DELETE', CREATE, 405, 'method_not_allowed'],
    ['PUT', `${CREATE}/${ID}`, 405, 'method_not_allowed'],
    ['GET', `${CREATE}/%zz`, 404, 'not_found'],
  ])('of %s %s are %d in the same shape', async (method, path, status, error) => {
    const answer = await client.send('GET', FIND, path, {
      method,
      headers: bearer(customer.secret),
    });
    expect(refusal(answer)).toEqual([status, error]);
    if (status === 405) expect(answer.headers.get('allow')).toMatch(/GET|POST/);
  });

  it('of bodies that are too large, no JSON, or of another type name that', async () => {
    const { secret } = customer;
    const large = JSON.stringify({ prompt: 'x'.repeat(1_100_000) });
    const answers = [
      await client.create(secret, large),
      await client.create(secret, '{"prompt":'),
      await client.create(secret, '[]'),
      await client.create(secret, 'prompt=a', {
        'content-type': 'application/x-www-form-urlencoded',
      }),
      await client.create(secret, PROMPT, { 'content-encoding': 'gzip' }),
    ];
    expect(answers.map(refusal)).toEqual([
      [413, 'request_too_large'],
      [400, 'invalid_request'],
      [400, 'invalid_request'],
      [415, 'unsupported_media_type'],
      [415, 'unsupported_media_type'],
    ]);
  });

  it('by a rate limit say when to come back', async () => {
    const { secret } = await client.givenPaid(5, { limits: { requestsPerMinute: 1 } });
    await client.credits(secret);

    const answer = await client.credits(secret);

    expect(refusal(answer)).toEqual([429, 'rate_limited']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('by a fault of the server are an opaque 500', async () => {
    const relay = app.app.get(RelayService);
    const find = relay.find.bind(relay);
    relay.find = () => Promise.reject(new Error('secret detail'));
    try {
      const answer = await client.find(customer.secret, ID);
      expect(refusal(answer)).toEqual([500, 'internal_error']);
      expect(answer.text).not.toContain('secret detail');
    } finally {
      relay.find = find;
    }
  });

  it('of a key that may not use the model cost nothing', async () => {
    const { secret } = await client.givenPaid(5, { models: ['easel-sketch'] });
    expect(refusal(await client.create(secret, PROMPT))).toEqual([403, 'model_not_allowed']);
  });

  it('by the operator’s blocked terms are the caller’s to mend', async () => {
    await admin.call('put', 'blocked-terms', { terms: ['forbidden'] }).expect(200);
    const answer = await client.create(customer.secret, { prompt: 'a forbidden thing' });
    await admin.call('put', 'blocked-terms', { terms: [] }).expect(200);
    expect(refusal(answer)).toEqual([400, 'content_policy_violation']);
  });

  it('are no reason for a body to be read: a bad one without a key is 401', async () => {
    const answer = await client.send('POST', CREATE, CREATE, { headers: JSON_TYPE, body: '{' });
    expect(answer.status).toBe(401);
  });

  it('by an upstream that is not there are 502, and hold nothing', async () => {
    const alone = await startApp({ upstreams: [] });
    try {
      const lonely = await OpenTasksClient.of(alone);
      const { secret, accountId } = await lonely.givenPaid(10);

      expect(refusal(await lonely.create(secret, PROMPT))).toEqual([502, 'provider_error']);

      expect(await alone.balanceOf(accountId)).toEqual({ available: 10, held: 0 });
    } finally {
      await alone.stop();
    }
  });
});
