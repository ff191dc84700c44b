import { newId } from '../../src/common/ids.js';
import { AdminClient } from '../support/admin-client.js';
import { ADMIN_KEY, startApp, type TestApp } from '../support/app.js';

let subject: TestApp;
beforeAll(async () => void (subject = await startApp()));
afterAll(() => subject.stop());

const client = new AdminClient(() => subject);
const admin = client.call.bind(client);

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
    const patched = await admin('patch', `accounts/${await client.createAccount()}`, {
      [field]: 'x',
    });
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
