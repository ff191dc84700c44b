import request from 'supertest';
import { AdminClient } from '../support/admin-client.js';
import { ADMIN_KEY, startApp, type TestApp } from '../support/app.js';
import { startUpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';

let subject: TestApp;
beforeAll(async () => void (subject = await startApp()));
afterAll(() => subject.stop());

const client = new AdminClient(() => subject);
const admin = client.call.bind(client);

describe('the catalog', () => {
  it('can be read, edited and published as it came', async () => {
    const { body: before } = await admin('get', 'catalog').expect(200);
    expect(before.models).toContainEqual(expect.objectContaining({ name: 'gpt-image-2' }));
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
    const problems = refused.body.problems as { param: string }[];
    expect(problems.length).toBeGreaterThan(1);
    expect(problems.filter(({ param }) => !param.startsWith('/models/0'))).toEqual([]);
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
    const find = async (query: string) => {
      const path = `generations?accountId=${accountId}&${query}`;
      return (await admin('get', path).expect(200)).body as { data: object[]; next: string | null };
    };
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
    const id = await client.createAccount();
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

describe('a refund', () => {
  it('gives back what was captured, in parts, and never more', async () => {
    const stub = await startUpstreamStub();
    const paid = await startApp({ stub: stub.baseUrl });
    const { accountId, secret } = await paid.givenCustomer(10);
    const answer = await request(paid.url)
      .post('/v1/images/generations')
      .auth(secret, { type: 'bearer' })
      .send({ model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024' })
      .expect(200);
    const id = answer.headers['x-generation-id'];
    const operator = new AdminClient(() => paid);
    const refund = (amount: number, reference: string) =>
      operator.call('post', `generations/${id}/refunds`, { amount, reason: 'blurred', reference });
    const first = await refund(1.5, 'complaint-1').expect(201);
    expect(first.body).toEqual({ available: 9.5, held: 0, refunded: 1.5 });
    expect((await refund(1.5, 'complaint-1')).body).toEqual(first.body);
    await refund(1, 'complaint-1').expect(409);
    expect((await refund(0.501, 'complaint-2').expect(400)).body).toMatchObject({
      param: 'amount',
    });
    await refund(0.5, 'complaint-2').expect(201);
    expect(await paid.balanceOf(accountId)).toEqual({ available: 10, held: 0 });
    const { body } = await operator.call('get', `generations/${id}`);
    expect(body.credits).toEqual({ held: 2, captured: 2, released: 0, refunded: 2 });
    expect(await paid.checkLedger()).toMatchObject({ ok: true });
    await paid.stop();
    await stub.close();
  });
});

describe('guessing the admin key', () => {
  it('is slowed down, while the operator still gets in', async () => {
    const own = await startApp({ database: subject.database, dataDir: subject.dataDir });
    const guess = () =>
      request(own.url).get('/admin/v1/stats').auth('a-wrong-admin-key', { type: 'bearer' });
    const statuses: number[] = [];
    let last = await guess();
    while (last.status === 401 && statuses.push(last.status) < 1_000) last = await guess();
    expect(statuses.length).toBeGreaterThanOrEqual(60);
    expect([last.status, last.headers['retry-after']]).toEqual([429, '1']);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await request(own.url).get('/admin/v1/stats').auth(ADMIN_KEY, { type: 'bearer' }).expect(200);
    await own.app.close();
  });
});
