import { AdminClient } from '../support/admin-client.js';
import { startApp, type TestApp } from '../support/app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';
import { type Body, SurfaceClient } from './openai-client.js';

const CREDITS = 100;
const REQUEST = { model: 'gpt-image-2', prompt: 'a bomb', size: '1024x1024' };
const QUOTE = { path: '/v1/images/quote' };
const FREE = { ...REQUEST, prompt: 'a boat' };
const SMALL_PNG =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describe('terms that the operator blocks', () => {
  let stub: UpstreamStub;
  let database: TestDatabase;
  let nodes: TestApp[];
  let customer: { accountId: string; secret: string };
  const admin = new AdminClient(() => nodes[0]);

  beforeAll(async () => {
    stub = await startUpstreamStub();
    database = await createTestDatabase();
    const first = await startApp({ database, stub: stub.baseUrl });
    const { dataDir } = first;
    nodes = [first, await startApp({ database, dataDir, stub: stub.baseUrl })];
  });

  beforeEach(async () => {
    await block(['bomb', '炸弹', 'red flag']);
    customer = await nodes[0].givenCustomer(CREDITS);
    stub.reset();
  });

  afterAll(async () => {
    for (const node of [...nodes].reverse()) await node.stop();
    await stub.close();
    await database.drop();
  });

  const as = (secret: string, node = 0) => new SurfaceClient(nodes[node], secret);

  function block(terms: string[], owner = ''): Promise<unknown> {
    return admin.call('put', `${owner}blocked-terms`, { terms }).expect(200);
  }

  const ownList = () => `accounts/${customer.accountId}/`;

  async function expectRefused(answer: Response): Promise<void> {
    const text = await answer.text();
    expect([answer.status, JSON.parse(text)]).toMatchObject([
      400,
      {
        error: {
          type: 'image_generation_user_error',
          code: 'content_policy_violation',
          param: 'prompt',
        },
      },
    ]);
    // Whoever guesses at the list learns nothing of it.
    expect(text).not.toMatch(/bomb|炸弹|flag/i);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(answer.headers.get('x-generation-id')).toBeNull();
  }

  it.each<[string, Body, string]>([
    ['a request', {}, 'generations'],
    ['a stream, before it begins', { stream: true }, 'generations'],
    ['a quote', {}, 'quote'],
    ['an edit', { images: [{ image_url: SMALL_PNG }], size: 'auto' }, 'edits'],
  ])('refuse %s before anything is held', async (_what, more, operation) => {
    const headers = { 'idempotency-key': `blocked-${customer.accountId}` };
    for (const prompt of ['a BOMB', 'bo\u200bmb', '一个大炸弹', 'red\n flag']) {
      const body = { ...REQUEST, ...more, prompt };
      const path = `/v1/images/${operation}`;
      await expectRefused(await as(customer.secret).post(body, { path, headers }));
    }
    const kinds = await database.query<{ kind: string }>(
      'SELECT kind FROM credit_entries WHERE account_id = $1',
      [customer.accountId],
    );
    expect(kinds).toEqual([{ kind: 'grant' }]);
    const list = await as(customer.secret).get('/v1/images');
    expect(await list.json()).toMatchObject({ data: [] });
    expect(stub.calls).toHaveLength(0);
    // Nor is the key bound.
    expect((await as(customer.secret).post(FREE, { headers })).status).toBe(200);
  });

  it('refuse a test key too, and whoever has no credits is told the same', async () => {
    const test = await nodes[0].givenKey(customer.accountId, { mode: 'test' });
    const poor = await nodes[0].givenCustomer(0);
    for (const { secret } of [test, poor]) await expectRefused(await as(secret).post(REQUEST));
  });

  it('leave words alone that only hold one', async () => {
    for (const prompt of ['a bombastic tenor', 'a carbombola', 'a red and a flag']) {
      expect((await as(customer.secret).post({ ...REQUEST, prompt })).status).toBe(200);
    }
  });

  it('are in force on every node within a second, and as soon off again', async () => {
    const other = as(customer.secret, 1);
    const isRefused = async () => (await other.post(REQUEST, QUOTE)).status === 400;
    await until(isRefused);
    for (const [terms, refused] of [
      [[], false],
      [['bomb'], true],
    ] as const) {
      await block([...terms]);
      // A second on a quiet machine.
      await until(async () => (await isRefused()) === refused, 10_000);
    }
  });

  it('have an account of their own in the place of the list for everybody', async () => {
    const stranger = await nodes[0].givenCustomer(CREDITS);
    await block(['boat'], ownList());
    expect((await as(customer.secret).post(REQUEST)).status).toBe(200);
    await expectRefused(await as(customer.secret).post(FREE));
    await expectRefused(await as(stranger.secret).post(REQUEST));
    expect((await as(stranger.secret).post(FREE)).status).toBe(200);
    await block([], ownList());
    expect((await as(customer.secret).post(FREE)).status).toBe(200);
    await admin.call('delete', `${ownList()}blocked-terms`).expect(204);
    await expectRefused(await as(customer.secret).post(REQUEST));
  });

  it('do not keep anybody from a picture that was paid before', async () => {
    const headers = { 'idempotency-key': `paid-${customer.accountId}` };
    const client = as(customer.secret);
    const paid = await client.post(FREE, { headers });
    await block(['boat']);
    const path = `/v1/images/${paid.headers.get('x-generation-id')}`;
    expect(await (await client.get(path)).json()).toMatchObject({ data: [{}] });
  });

  describe('beside the moderation of the model', () => {
    it.each(['low', 'auto'])('which is passed on: %s', async (moderation) => {
      const { status } = await as(customer.secret).post({ ...FREE, moderation });
      expect([status, stub.calls[0].body]).toMatchObject([200, { moderation }]);
    });

    it('which is left out where it was not sent, and named where the model has none', async () => {
      await as(customer.secret).post(FREE);
      expect(stub.calls[0].body).not.toHaveProperty('moderation');
      const dropped = await as(customer.secret).post({
        ...FREE,
        model: 'dall-e-3',
        moderation: 'low',
      });
      expect([dropped.status, dropped.headers.get('x-ignored-parameters')]).toEqual([
        200,
        'moderation',
      ]);
      expect(stub.calls[1].body).not.toHaveProperty('moderation');
    });

    it('whose refusal reads as ours does, with everything given back', async () => {
      stub.next('refused');
      const answer = await as(customer.secret).post(FREE);
      expect([answer.status, await answer.json()]).toMatchObject([
        400,
        { error: { type: 'image_generation_user_error', code: 'content_policy_violation' } },
      ]);
      expect(await nodes[0].balanceOf(customer.accountId)).toEqual({
        available: CREDITS,
        held: 0,
      });
    });

    it('of which there are two kinds', async () => {
      const answer = await as(customer.secret).post({ ...FREE, moderation: 'none' });
      expect([answer.status, await answer.json()]).toMatchObject([
        400,
        { error: { param: 'moderation', message: expect.stringContaining('auto, low') } },
      ]);
    });
  });
});
