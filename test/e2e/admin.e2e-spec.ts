import request, { type Test } from 'supertest';
import { newId } from '../../src/common/ids.js';
import { ADMIN_KEY, startApp, type TestApp } from '../support/app.js';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

let subject: TestApp;
beforeAll(async () => void (subject = await startApp()));
afterAll(() => subject.stop());

/** A call with the admin key. */
function admin(method: Method, path: string, body?: object): Test {
  const call = request(subject.url)
    [method](`/admin/v1/${path}`)
    .auth(ADMIN_KEY, { type: 'bearer' });
  return body === undefined ? call : call.send(body);
}

async function createAccount(fields: object = {}): Promise<string> {
  const { body } = await admin('post', 'accounts', { email: `${newId()}@example.com`, ...fields });
  return body.id as string;
}

describe('the admin key', () => {
  it.each([
    ['nothing', undefined],
    ['another key', `Bearer ${ADMIN_KEY}x`],
    ['another scheme', `Basic ${ADMIN_KEY}`],
    ['no scheme', ADMIN_KEY],
    ['two spaces', `Bearer  ${ADMIN_KEY}`],
    ['two keys', `Bearer ${ADMIN_KEY},${ADMIN_KEY}`],
    ['a flood', `Bearer ${'k'.repeat(8000)}`],
  ])('refuses %s with 401 and the same body', async (_what, authorization) => {
    const call = request(subject.url).get('/admin/v1/accounts');
    const answer = await (authorization ? call.set('authorization', authorization) : call);
    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.body).toEqual({
      type: 'urn:easel:problem:invalid_api_key',
      title: 'Invalid api key',
      status: 401,
      detail: 'Missing or invalid admin key.',
      code: 'invalid_api_key',
      param: null,
      request_id: answer.headers['x-request-id'],
    });
  });

  it('is taken from no other place', async () => {
    const query = `key=${ADMIN_KEY}&api_key=${ADMIN_KEY}&access_token=${ADMIN_KEY}`;
    await request(subject.url)
      .get(`/admin/v1/accounts?${query}`)
      .set('x-api-key', ADMIN_KEY)
      .set('cookie', `key=${ADMIN_KEY}`)
      .expect(401);
  });

  it('is asked for before a body is read', async () => {
    await request(subject.url).post('/admin/v1/accounts').send('{broken').expect(401);
  });

  it('of a customer opens nothing', async () => {
    const { secret } = await subject.givenCustomer(1);
    await request(subject.url).get('/admin/v1/stats').auth(secret, { type: 'bearer' }).expect(401);
  });
});

describe('accounts', () => {
  it('are created with a credit account of their own', async () => {
    const email = `Ada-${newId()}@Example.com`;
    const { status, body } = await admin('post', 'accounts', { email, plan: 'paid' });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      email: email.toLowerCase(),
      plan: 'paid',
      status: 'active',
      priceFactor: 1000,
      createdAt: expect.any(String),
      credits: { available: 0, held: 0 },
    });
    expect((await admin('get', `accounts/${body.id}`)).body).toEqual(body);
  });

  it('have each address once, whatever its case', async () => {
    const email = `once-${newId()}@example.com`;
    await admin('post', 'accounts', { email }).expect(201);
    const { body } = await admin('post', 'accounts', { email: email.toUpperCase() }).expect(409);
    expect(body).toMatchObject({ code: 'conflict', param: 'email' });
  });

  it('never show their password', async () => {
    const password = 'correct horse battery';
    const { text } = await admin('post', 'accounts', { email: `${newId()}@a.b`, password });
    expect(text).not.toMatch(/password|argon2|horse/);
  });

  it('change plan, status and price factor, and keep what is not named', async () => {
    const id = await createAccount({ plan: 'paid' });
    const { body } = await admin('patch', `accounts/${id}`, { priceFactor: 800 }).expect(200);
    expect(body).toMatchObject({ plan: 'paid', status: 'active', priceFactor: 800 });
    await admin('patch', `accounts/${id}`, { status: 'suspended' }).expect(200);
    expect((await admin('get', `accounts/${id}`)).body).toMatchObject({
      status: 'suspended',
      priceFactor: 800,
    });
  });

  it('are listed by pages that add up', async () => {
    await Promise.all([createAccount(), createAccount(), createAccount()]);
    const { body: all } = await admin('get', 'accounts?limit=100');
    const { body: second } = await admin('get', 'accounts?limit=1&offset=1');
    expect(all).toMatchObject({ limit: 100, offset: 0, total: all.data.length });
    expect(second).toMatchObject({ limit: 1, offset: 1, data: [all.data[1]] });
    expect((await admin('get', 'accounts?offset=100000')).body.data).toEqual([]);
  });
});

describe('credits', () => {
  it('are granted once per reference, however often and however parallel it is sent', async () => {
    const id = await createAccount();
    const grant = { amount: 12.5, reason: 'Welcome', reference: 'invoice-1' };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => admin('post', `accounts/${id}/grants`, grant)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(answers.map(({ body }) => body)).toEqual(Array(8).fill({ available: 12.5, held: 0 }));
    expect(await subject.balanceOf(id)).toEqual({ available: 12.5, held: 0 });
  });

  it('are refused for a known reference with another amount', async () => {
    const id = await createAccount();
    await admin('post', `accounts/${id}/grants`, { amount: 1, reference: 'r' }).expect(201);
    const other = await admin('post', `accounts/${id}/grants`, { amount: 2, reference: 'r' });
    expect(other.status).toBe(409);
    expect(other.body).toMatchObject({ code: 'conflict', param: 'reference' });
    expect(await subject.balanceOf(id)).toEqual({ available: 1, held: 0 });
  });

  it('count every grant without a reference', async () => {
    const id = await createAccount();
    await admin('post', `accounts/${id}/grants`, { amount: 0.001 }).expect(201);
    const { body } = await admin('post', `accounts/${id}/grants`, { amount: 0.002 });
    expect(body).toEqual({ available: 0.003, held: 0 });
  });

  it.each([
    ['0', 0],
    ['-1', -1],
    ['four decimals', 0.0001],
    ['text', '5'],
    ['null', null],
    ['a list', [1]],
    ['true', true],
    ['2^63 − 1', 9223372036854775807],
    ['2^63', 9223372036854775808],
    ['2^53 credits', 9007199254740992],
    ['1e21', 1e21],
    ['1e-7', 1e-7],
  ])('of %s are refused, and nothing moves', async (_what, amount) => {
    const id = await createAccount();
    for (const path of [`accounts/${id}/grants`, `accounts/${id}/adjustments`]) {
      const fields = { amount, reason: 'x', reference: 'y' };
      const { status, body } = await admin('post', path, fields);
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: 'invalid_value', param: 'amount' });
    }
    expect(await subject.balanceOf(id)).toEqual({ available: 0, held: 0 });
  });

  it('never pass what a JSON number holds exactly', async () => {
    const id = await createAccount();
    const most = { amount: 9007199254740 };
    await admin('post', `accounts/${id}/grants`, most).expect(201);
    const { body } = await admin('post', `accounts/${id}/grants`, { amount: 1 }).expect(400);
    expect(body).toMatchObject({ param: 'amount' });
    const taken = { ...most, reason: 'mistake', reference: 'undo' };
    await admin('post', `accounts/${id}/adjustments`, taken).expect(201);
  });

  it('are taken back at most to zero, and what was not there is said', async () => {
    const id = await createAccount();
    await admin('post', `accounts/${id}/grants`, { amount: 10 });
    const fields = { amount: 25, reason: 'chargeback', reference: 'dispute-1' };
    for (let round = 0; round < 2; round += 1) {
      const { status, body } = await admin('post', `accounts/${id}/adjustments`, fields);
      expect(status).toBe(201);
      expect(body).toEqual({ available: 0, held: 0, applied: 10, shortfall: 15 });
    }
  });

  it('need a reason and a reference to be taken back', async () => {
    const id = await createAccount();
    const { body } = await admin('post', `accounts/${id}/adjustments`, { amount: 1 }).expect(400);
    expect(body.problems.map(({ param }: { param: string }) => param)).toEqual(
      expect.arrayContaining(['reason', 'reference']),
    );
  });
});

describe('API keys', () => {
  it('show their secret once', async () => {
    const id = await createAccount();
    const { status, body } = await admin('post', `accounts/${id}/api-keys`, {
      name: 'shop',
      scopes: ['images.create'],
      allowedCidrs: ['203.0.113.7'],
      limits: { concurrency: 3, creditsPerDay: 1.5 },
      expiresAt: '2040-01-01T00:00:00Z',
    });
    expect(status).toBe(201);
    const { secret, ...rest } = body;
    expect(secret).toMatch(/^sk-easel-live-[0-9A-Za-z]{36}$/);
    expect(rest).toMatchObject({
      accountId: id,
      name: 'shop',
      mode: 'live',
      limits: { concurrency: 3, creditsPerDay: 1.5 },
      expiresAt: '2040-01-01T00:00:00.000Z',
      revokedAt: null,
    });
    const { body: list, text } = await admin('get', `accounts/${id}/api-keys`).expect(200);
    expect(list).toEqual({ data: [rest] });
    expect(text).not.toContain(secret);
  });

  it('work until they are revoked, and never again', async () => {
    const id = await createAccount();
    const { body: key } = await admin('post', `accounts/${id}/api-keys`, { name: 'k' });
    const use = () =>
      request(subject.url)
        .get('/v1/models')
        .auth(key.secret as string, { type: 'bearer' });
    await use().expect(200);
    const { body } = await admin('delete', `api-keys/${key.id}`).expect(200);
    expect(body.revokedAt).toEqual(expect.any(String));
    await use().expect(401);
    expect((await admin('delete', `api-keys/${key.id}`)).body.revokedAt).toBe(body.revokedAt);
    await admin('patch', `api-keys/${key.id}`, { name: 'again' }).expect(404);
  });

  it('change what is named, and lift what is null', async () => {
    const id = await createAccount();
    const { body: key } = await admin('post', `accounts/${id}/api-keys`, {
      name: 'k',
      models: ['gpt-image-2'],
      limits: { concurrency: 3, imagesPerDay: 5 },
    });
    const change = { models: null, limits: { concurrency: null }, expiresAt: null };
    const { body } = await admin('patch', `api-keys/${key.id}`, change).expect(200);
    expect(body).toMatchObject({ name: 'k', models: null, limits: { imagesPerDay: 5 } });
    expect(body.limits).toEqual({ imagesPerDay: 5 });
  });

  it.each([
    ['no name', {}],
    ['an empty name', { name: '' }],
    ['an unknown scope', { name: 'k', scopes: ['images.delete'] }],
    ['an empty list of scopes', { name: 'k', scopes: [] }],
    ['a broken network', { name: 'k', allowedCidrs: ['10.0.0.0/33'] }],
    ['an unknown limit', { name: 'k', limits: { perMinute: 5 } }],
    ['a limit of 0', { name: 'k', limits: { concurrency: 0 } }],
    ['a past expiry', { name: 'k', expiresAt: '2020-01-01T00:00:00Z' }],
    ['an expiry without a zone', { name: 'k', expiresAt: '2040-01-01T00:00:00' }],
    ['an expiry that is no date', { name: 'k', expiresAt: '2040-13-41T00:00:00Z' }],
    ['an unknown mode', { name: 'k', mode: 'free' }],
    ['a secret of their own', { name: 'k', secret: 'sk-easel-live-x' }],
  ])('with %s are refused', async (_what, fields) => {
    const id = await createAccount();
    await admin('post', `accounts/${id}/api-keys`, fields).expect(400);
    expect((await admin('get', `accounts/${id}/api-keys`)).body).toEqual({ data: [] });
  });
});

describe('bad input', () => {
  const GHOST = '018f0000-0000-7000-8000-000000000000';
  const BAD_IDS = [
    'abc',
    '1',
    GHOST.toUpperCase().replace('0', 'F'),
    `{${GHOST}}`,
    `urn:uuid:${GHOST}`,
    "1' or '1'='1",
    '..%2f..%2fetc%2fpasswd',
    '%00',
    'x'.repeat(3000),
    GHOST,
  ];

  it.each(BAD_IDS)('names nothing by the id %s', async (id) => {
    const place = encodeURIComponent(decodeURIComponent(id));
    const credit = { amount: 1, reason: 'r', reference: 'r' };
    const calls = [
      admin('get', `accounts/${place}`),
      admin('patch', `accounts/${place}`, { plan: 'paid' }),
      admin('post', `accounts/${place}/grants`, credit),
      admin('post', `accounts/${place}/adjustments`, credit),
      admin('post', `accounts/${place}/api-keys`, { name: 'k' }),
      admin('get', `accounts/${place}/api-keys`),
      admin('patch', `api-keys/${place}`, { name: 'k' }),
      admin('delete', `api-keys/${place}`),
      admin('get', `generations/${place}`),
      admin('post', `generations/${place}/refunds`, credit),
    ];
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status)).toEqual(Array(calls.length).fill(404));
  });

  it.each([
    'id',
    'balance',
    'available',
    'credits',
    'priceFactor',
    'seeded',
    'status',
    'password_hash',
    'passwordHash',
    'createdAt',
    'role',
  ])('refuses to set %s with a new account', async (field) => {
    const fields = { email: `${newId()}@example.com`, [field]: 1 };
    const { status, body } = await admin('post', 'accounts', fields);
    expect(status).toBe(400);
    expect(body.problems).toContainEqual({ param: field, message: `There is no field ${field}.` });
    const patched = await admin('patch', `accounts/${await createAccount()}`, { [field]: 'x' });
    expect(patched.status).toBe(400);
  });

  it.each([
    ['', 'The body is empty.'],
    ['null', 'The body must be a JSON object.'],
    ['[]', 'The body must be a JSON object.'],
    ['{"email":"a@b.c","email":"d@e.f"}', 'The same key is given twice.'],
    ['{"__proto__":{"plan":"paid"},"email":"a@b.c"}', 'The key __proto__ is not allowed.'],
    ['{"email":"a\\u0000@b.c"}', 'Text must hold neither U+0000 nor unpaired surrogates.'],
    ['{"email":"a\\ud800@b.c"}', 'Text must hold neither U+0000 nor unpaired surrogates.'],
    [`{"email":${'['.repeat(50_000)}`, 'The body is nested more than 20 levels deep.'],
  ])('refuses the body %.40s', async (text, detail) => {
    const { status, body } = await admin('post', 'accounts')
      .set('content-type', 'application/json')
      .send(text);
    expect([status, body.detail]).toEqual([400, detail]);
  });

  it('refuses other encodings, other types and floods', async () => {
    const post = (type: string, body: string | Buffer) =>
      admin('post', 'accounts').set('content-type', type).send(body);
    const json = '{"email":"a@b.c"}';
    await post('text/plain', json).expect(415);
    await post('application/x-www-form-urlencoded', 'email=a@b.c').expect(415);
    await post('application/json; charset=utf-16', json).expect(415);
    await post('application/json', json).set('content-encoding', 'gzip').expect(415);
    await post('application/json', `{"email":"${'a'.repeat(70_000)}"}`).expect(413);
    const latin = Buffer.from('{"email":"\xe9@b.c"}', 'latin1');
    const raw = await fetch(`${subject.url}/admin/v1/accounts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: latin,
    });
    expect(raw.status).toBe(400);
  });

  it.each([
    'accounts?limit=0',
    'accounts?limit=101',
    'accounts?limit=-1',
    'accounts?limit=1e3',
    'accounts?limit=',
    'accounts?limit=5&limit=6',
    'accounts?offset=-1',
    'accounts?offset=99999999999999999999',
    'accounts?sort=password',
    'generations?status=done',
    'generations?accountId=abc',
    'generations?before=%00',
    'generations?model=%00',
    'generations?upstream=%00',
    'catalog/versions?limit=x',
  ])('refuses %s by name', async (path) => {
    const { status, body } = await admin('get', path);
    expect(status).toBe(400);
    expect(body.param).toEqual(expect.any(String));
  });

  it('answers a wrong method with what is allowed', async () => {
    const { status, headers } = await admin('put', 'accounts', {});
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD, POST']);
  });

  it('answers an unknown route as a problem', async () => {
    const { body } = await admin('get', 'nothing').expect(404);
    expect(body).toMatchObject({ status: 404, code: 'not_found' });
  });
});

describe('the catalog', () => {
  it('can be read, edited and published as it came', async () => {
    const { body: before } = await admin('get', 'catalog').expect(200);
    expect(before.models.map(({ name }: { name: string }) => name)).toContain('gpt-image-2');
    const { body: after } = await admin('put', 'catalog', before).expect(200);
    expect(after).toEqual({ ...before, version: before.version + 1 });
    const { body: versions } = await admin('get', 'catalog/versions?limit=2').expect(200);
    expect(versions.data).toMatchObject([
      { version: after.version, source: 'admin', supersededAt: null },
      { version: before.version, supersededAt: expect.any(String) },
    ]);
  });

  it('is not published over an edit of somebody else', async () => {
    const { body } = await admin('get', 'catalog');
    await admin('put', 'catalog', body).expect(200);
    const late = await admin('put', 'catalog', body).expect(409);
    expect(late.body).toMatchObject({ code: 'conflict', param: 'version' });
  });

  it('is refused with every problem named, and stays as it was', async () => {
    const { body } = await admin('get', 'catalog');
    const models = structuredClone(body.models) as Record<string, unknown>[];
    models[0] = { ...models[0], prices: [], surprise: true };
    const refused = await admin('put', 'catalog', { models }).expect(400);
    const named = refused.body.problems.map(({ param }: { param: string }) => param);
    expect(named.length).toBeGreaterThan(1);
    expect(named.every((param: string) => param.startsWith('/models/0'))).toBe(true);
    expect((await admin('get', 'catalog')).body.version).toBe(body.version);
  });
});

describe('upstreams', () => {
  it('are shown with health and load, never with a key', async () => {
    const { body, text } = await admin('get', 'upstreams').expect(200);
    expect(body.data).toContainEqual(
      expect.objectContaining({ name: 'local', enabled: true, inFlight: 0, health: [] }),
    );
    expect(text).not.toMatch(/apiKey|sk-stub/i);
  });
});

describe('generations', () => {
  /** Credits of the account's one generation. */
  async function givenGeneration(): Promise<{ accountId: string; id: string }> {
    const { accountId, secret } = await subject.givenCustomer(10);
    const { status, body } = await request(subject.url)
      .post('/v1/images/generations')
      .auth(secret, { type: 'bearer' })
      .send({ model: 'easel-sketch', prompt: 'a canary prompt', size: '512x512' });
    expect([status, body]).toEqual([200, expect.anything()]);
    const { body: list } = await admin('get', `generations?accountId=${accountId}`);
    return { accountId, id: list.data[0].id as string };
  }

  it('are listed by account, status, model and upstream, and paged by id', async () => {
    const { accountId, id } = await givenGeneration();
    const find = async (query: string) =>
      (await admin('get', `generations?accountId=${accountId}&${query}`).expect(200)).body;
    for (const match of ['status=succeeded', 'model=easel-sketch', 'upstream=local', 'limit=1']) {
      expect((await find(match)).data).toMatchObject([{ id, accountId, status: 'succeeded' }]);
    }
    for (const miss of ['status=failed', 'model=gpt-image-2', 'upstream=other', `before=${id}`]) {
      expect(await find(miss)).toEqual({ data: [], next: null });
    }
    expect((await find('limit=1')).next).toBe(id);
  });

  it('are explained by attempts and receipt, without prompt or link', async () => {
    const { id } = await givenGeneration();
    const { body, text } = await admin('get', `generations/${id}`).expect(200);
    expect(body).toMatchObject({
      id,
      status: 'succeeded',
      delivered: 1,
      attempts: [{ ordinal: 1, upstream: 'local', state: 'succeeded' }],
      receipt: { catalogVersion: expect.any(Number), priceFactor: 1000 },
      images: [{ width: 512, height: 512 }],
    });
    expect(text).not.toMatch(/canary|token/i);
  });
});

describe('the ledger check', () => {
  it('is clean after all of this', async () => {
    const { body } = await admin('get', 'ledger/check').expect(200);
    expect(body).toEqual({ ok: true, checkedAt: expect.any(String), violations: [] });
  });

  it('names what is broken, and metrics say how much', async () => {
    const id = await createAccount();
    await admin('post', `accounts/${id}/grants`, { amount: 5 });
    const tamper = 'UPDATE credit_accounts SET available = available + $2 WHERE account_id = $1';
    await subject.database.query(tamper, [id, '1']);
    const { body } = await admin('get', 'ledger/check').expect(200);
    expect(body.ok).toBe(false);
    expect(body.violations[0]).toMatchObject({ count: 1, examples: [id] });
    const { text } = await request(subject.url).get('/metrics').expect(200);
    expect(text).toMatch(/^easel_ledger_violations [1-9]/m);
    await subject.database.query(tamper, [id, '-1']);
  });
});

describe('stats', () => {
  it('add up', async () => {
    const { body } = await admin('get', 'stats').expect(200);
    expect(body).toMatchObject({ inFlight: 0, lastDay: { succeeded: 2, images: 2, failed: 0 } });
    expect(body.accounts).toBe((await admin('get', 'accounts')).body.total);
  });
});

describe('guessing the admin key', () => {
  it('is slowed down, while the operator still gets in', async () => {
    const own = await startApp({ database: subject.database, dataDir: subject.dataDir });
    const guess = () =>
      request(own.url).get('/admin/v1/stats').auth('a-wrong-admin-key', { type: 'bearer' });
    const statuses: number[] = [];
    for (let round = 0; round < 70; round += 1) statuses.push((await guess()).status);
    expect(statuses.slice(0, 60)).toEqual(Array(60).fill(401));
    const slowed = await guess();
    expect([slowed.status, slowed.headers['retry-after']]).toEqual([429, '1']);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await request(own.url).get('/admin/v1/stats').auth(ADMIN_KEY, { type: 'bearer' }).expect(200);
    await own.app.close();
  });
});
