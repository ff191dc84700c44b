import request from 'supertest';
import { newId } from '../../src/common/ids.js';
import { AdminClient } from '../support/admin-client.js';
import { ADMIN_KEY, startApp, type TestApp } from '../support/app.js';

let subject: TestApp;
beforeAll(async () => void (subject = await startApp()));
afterAll(() => subject.stop());

const client = new AdminClient(() => subject);
const admin = client.call.bind(client);

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
    const id = await client.createAccount({ plan: 'paid' });
    const { body } = await admin('patch', `accounts/${id}`, { priceFactor: 800 }).expect(200);
    expect(body).toMatchObject({ plan: 'paid', status: 'active', priceFactor: 800 });
    await admin('patch', `accounts/${id}`, { status: 'suspended' }).expect(200);
    expect((await admin('get', `accounts/${id}`)).body).toMatchObject({
      status: 'suspended',
      priceFactor: 800,
    });
  });

  it('are listed by pages that add up', async () => {
    await Promise.all([client.createAccount(), client.createAccount(), client.createAccount()]);
    const { body: all } = await admin('get', 'accounts?limit=100');
    const { body: second } = await admin('get', 'accounts?limit=1&offset=1');
    expect(all).toMatchObject({ limit: 100, offset: 0, total: all.data.length });
    expect(second).toMatchObject({ limit: 1, offset: 1, data: [all.data[1]] });
    expect((await admin('get', 'accounts?offset=100000')).body.data).toEqual([]);
  });
});

describe('credits', () => {
  it('are granted once per reference, however often and however parallel it is sent', async () => {
    const id = await client.createAccount();
    const grant = { amount: 12.5, reason: 'Welcome', reference: 'invoice-1' };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => admin('post', `accounts/${id}/grants`, grant)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(answers.map(({ body }) => body as object)).toEqual(
      Array(8).fill({ available: 12.5, held: 0 }),
    );
    expect(await subject.balanceOf(id)).toEqual({ available: 12.5, held: 0 });
  });

  it('are refused for a known reference with another amount', async () => {
    const id = await client.createAccount();
    await admin('post', `accounts/${id}/grants`, { amount: 1, reference: 'r' }).expect(201);
    const other = await admin('post', `accounts/${id}/grants`, { amount: 2, reference: 'r' });
    expect(other.status).toBe(409);
    expect(other.body).toMatchObject({ code: 'conflict', param: 'reference' });
    expect(await subject.balanceOf(id)).toEqual({ available: 1, held: 0 });
  });

  it('count every grant without a reference', async () => {
    const id = await client.createAccount();
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
    const id = await client.createAccount();
    for (const path of [`accounts/${id}/grants`, `accounts/${id}/adjustments`]) {
      const fields = { amount, reason: 'x', reference: 'y' };
      const { status, body } = await admin('post', path, fields);
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: 'invalid_value', param: 'amount' });
    }
    expect(await subject.balanceOf(id)).toEqual({ available: 0, held: 0 });
  });

  it('never pass what a JSON number holds exactly', async () => {
    const id = await client.createAccount();
    const most = { amount: 9007199254740 };
    await admin('post', `accounts/${id}/grants`, most).expect(201);
    const { body } = await admin('post', `accounts/${id}/grants`, { amount: 1 }).expect(400);
    expect(body).toMatchObject({ param: 'amount' });
    const taken = { ...most, reason: 'mistake', reference: 'undo' };
    await admin('post', `accounts/${id}/adjustments`, taken).expect(201);
  });

  it('are taken back at most to zero, and what was not there is said', async () => {
    const id = await client.createAccount();
    await admin('post', `accounts/${id}/grants`, { amount: 10 });
    const fields = { amount: 25, reason: 'chargeback', reference: 'dispute-1' };
    for (let round = 0; round < 2; round += 1) {
      const { status, body } = await admin('post', `accounts/${id}/adjustments`, fields);
      expect(status).toBe(201);
      expect(body).toEqual({ available: 0, held: 0, applied: 10, shortfall: 15 });
    }
  });

  it('need a reason and a reference to be taken back', async () => {
    const id = await client.createAccount();
    const { body } = await admin('post', `accounts/${id}/adjustments`, { amount: 1 }).expect(400);
    for (const param of ['reason', 'reference']) {
      expect(body.problems).toContainEqual({ param, message: expect.any(String) });
    }
  });
});

describe('API keys', () => {
  it('show their secret once', async () => {
    const id = await client.createAccount();
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
    const id = await client.createAccount();
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
    const id = await client.createAccount();
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
    const id = await client.createAccount();
    await admin('post', `accounts/${id}/api-keys`, fields).expect(400);
    expect((await admin('get', `accounts/${id}/api-keys`)).body).toEqual({ data: [] });
  });
});
