import { setTimeout as pause } from 'node:timers/promises';
import { startApp, stubUpstream, type TestApp } from '../support/app.js';
import { TaskProvider } from '../support/task-provider.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';
import { type Body, SurfaceClient } from './openai-client.js';

const CREDITS = 100;
const PRICE = 2;
const ROUNDS = 20;
/** One at a time, so that a second one waits. */
const NARROW = { model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024' };
const WIDE = { ...NARROW, model: 'gpt-image-1-mini' };
const MISSING = '/v1/images/019aa1f0-7c1e-7a2b-9c3d-4e5f60718293';

describe('DELETE /v1/images/{id}', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string };
  let client: SurfaceClient;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({
      upstreams: [
        stubUpstream(stub.baseUrl, { models: ['gpt-image-2'], maxConcurrent: 1 }),
        stubUpstream(stub.baseUrl, { name: 'wide', models: ['gpt-image-1-mini'] }),
      ],
    });
  });

  beforeEach(async () => {
    customer = await app.givenCustomer(CREDITS);
    client = new SurfaceClient(app, customer.secret);
    stub.reset();
  });

  afterEach(async () => {
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
  });

  afterAll(async () => {
    await app.stop();
    await stub.close();
  });

  const balance = () => app.balanceOf(customer.accountId);

  /** @returns the path of a generation that was accepted and is not waited for */
  async function begin(body: Body, as = client): Promise<string> {
    const answer = await as.post(body, { headers: { prefer: 'respond-async' } });
    expect(answer.status).toBe(202);
    return answer.headers.get('location') ?? '';
  }

  async function state(path: string): Promise<Body> {
    return (await (await client.get(path)).json()) as Body;
  }

  async function remove(path: string): Promise<Body> {
    const answer = await client.delete(path);
    expect([answer.status, answer.headers.get('x-generation-id')]).toEqual([
      200,
      path.split('/').at(-1),
    ]);
    return (await answer.json()) as Body;
  }

  const hasEnded = (path: string) => async () => {
    const { status } = await state(path);
    return status !== 'pending' && status !== 'processing';
  };

  it('of what waits its turn cancels it, gives everything back and asks no upstream', async () => {
    const release = stub.hold();
    const other = new SurfaceClient(app, (await app.givenCustomer(CREDITS)).secret);
    const running = other.post(NARROW);
    await until(() => stub.inFlight === 1);
    const headers = { 'idempotency-key': `waits-${customer.accountId}` };
    const waiting = client.post(NARROW, { headers });
    await until(async () => (await balance()).held === PRICE);
    const { data } = (await (await client.get('/v1/images')).json()) as { data: Body[] };
    expect(data).toMatchObject([{ status: 'pending', receipt: { held: PRICE } }]);
    const path = `/v1/images/${data[0].id as string}`;

    const canceled = { status: 'canceled', data: [], error: null, receipt: { released: PRICE } };
    expect(await remove(path)).toMatchObject(canceled);
    expect(await balance()).toEqual({ available: CREDITS, held: 0 });
    expect(await remove(path)).toMatchObject(canceled);
    const answer = await waiting;
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([409, 'false']);
    release();
    expect((await running).status).toBe(200);
    expect(stub.calls).toHaveLength(1);
  });

  it('of what was sent records the wish; what is still delivered is kept and charged', async () => {
    const release = stub.hold();
    const path = await begin(WIDE);
    await until(() => stub.inFlight === 1);
    expect(await remove(path)).toMatchObject({
      status: 'processing',
      cancel_requested: true,
      receipt: { held: 1, released: 0 },
    });
    expect(await balance()).toEqual({ available: CREDITS - 1, held: 1 });
    release();
    await until(hasEnded(path));
    const done = await state(path);
    expect(done).toMatchObject({ status: 'succeeded', data: [{}], receipt: { captured: 1 } });
    expect(done).not.toHaveProperty('cancel_requested');
    expect(await balance()).toEqual({ available: CREDITS - 1, held: 0 });
  });

  it('of what is done deletes the pictures: links, list and replay; the receipt stays', async () => {
    const headers = { 'idempotency-key': `done-${customer.accountId}` };
    const body = { ...WIDE, n: 2, response_format: 'url' };
    const answer = await client.post(body, { headers });
    const { data } = (await answer.json()) as { data: { url: string }[] };
    const path = `/v1/images/${answer.headers.get('x-generation-id')}`;
    expect((await fetch(data[0].url)).status).toBe(200);

    const emptied = { status: 'succeeded', data: [], receipt: { captured: 2, released: 0 } };
    expect(await remove(path)).toMatchObject(emptied);
    expect(await remove(path)).toMatchObject(emptied);
    const links = await Promise.all(data.map(({ url }) => fetch(url)));
    expect(links.map(({ status }) => status)).toEqual([410, 410]);
    expect(await state(path)).toMatchObject(emptied);
    expect(await state(`${path}?response_format=b64_json`)).toMatchObject(emptied);
    expect(await (await client.get('/v1/images')).json()).toMatchObject({ data: [emptied] });
    const replay = await client.post(body, { headers });
    expect([replay.status, await replay.json()]).toMatchObject([
      410,
      { error: { code: 'image_removed' } },
    ]);
    expect(replay.headers.get('x-should-retry')).toBe('false');
    expect(await balance()).toEqual({ available: CREDITS - 2, held: 0 });
  });

  it('of what failed changes nothing', async () => {
    stub.next('refused');
    const refused = await client.post(WIDE);
    const path = `/v1/images/${refused.headers.get('x-generation-id')}`;
    expect(await remove(path)).toEqual(await state(path));
    expect(await state(path)).toMatchObject({ status: 'failed', receipt: { captured: 0 } });
  });

  it('of a foreign id looks like a missing one, and touches nothing', async () => {
    const release = stub.hold();
    const path = await begin(WIDE);
    const stranger = new SurfaceClient(app, (await app.givenCustomer(0)).secret);
    const answers = await Promise.all(
      [path, MISSING, '/v1/images/nothing', '/v1/images/%00'].map((each) => stranger.delete(each)),
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    const [foreign, ...others] = await Promise.all(answers.map((answer) => answer.text()));
    expect(others).toEqual(others.map(() => foreign));
    expect(await state(path)).not.toHaveProperty('cancel_requested');
    release();
    await until(hasEnded(path));
    await stranger.delete(path);
    expect(await state(path)).toMatchObject({ status: 'succeeded', data: [{}] });
  });

  it('needs the scope that made it', async () => {
    const path = await begin(WIDE);
    const reader = await app.givenKey(customer.accountId, { scopes: ['images.read'] });
    const answer = await new SurfaceClient(app, reader.secret).delete(path);
    expect([answer.status, await answer.json()]).toMatchObject([
      403,
      { error: { code: 'insufficient_scope' } },
    ]);
    await until(hasEnded(path));
  });

  it(`racing with the end, ${ROUNDS} times, leaves pictures or none, and always the price of them`, async () => {
    const ends: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      stub.always('ok', { latencyMs: 40 });
      const path = await begin(WIDE);
      await pause(round * 5);
      const [first, second] = await Promise.all([remove(path), remove(path)]);
      await until(hasEnded(path));
      const { status, data, receipt } = await state(path);
      expect([status, receipt]).toMatchObject(['succeeded', { captured: 1, released: 0 }]);
      const wasDone = [first, second].some((seen) => seen.status === 'succeeded');
      expect(data).toHaveLength(wasDone ? 0 : 1);
      ends.push(wasDone ? 'deleted' : 'kept');
    }
    expect(await balance()).toEqual({ available: CREDITS - ROUNDS, held: 0 });
    process.stdout.write(`${ROUNDS} races: ${ends.join(' ')}\n`);
  });
});

describe('DELETE /v1/images/{id} of a task at an upstream', () => {
  it.each([
    [true, 'canceled', 0],
    [false, 'succeeded', PRICE],
  ])('passes the wish on; unbilled: %j → %s', async (unbilled, end, paid) => {
    const tasks = new TaskProvider();
    tasks.confirmsCancel = unbilled;
    const upstreams = [{ name: 'tasks', provider: 'test-tasks', models: '*', priority: 10 }];
    const app = await startApp({ upstreams, providers: [tasks] });
    try {
      const { accountId, secret } = await app.givenCustomer(CREDITS);
      const client = new SurfaceClient(app, secret);
      const begun = await client.post(NARROW, { headers: { prefer: 'respond-async' } });
      const path = begun.headers.get('location') ?? '';
      await until(() => tasks.polled > 0);
      await client.delete(path);
      await until(() => tasks.canceled.length > 0);
      tasks.state = 'done';
      let state: Body = {};
      await until(async () => {
        state = (await (await client.get(path)).json()) as Body;
        return state.status !== 'processing';
      });
      expect(state).toMatchObject({
        status: end,
        receipt: { captured: paid, released: PRICE - paid },
      });
      expect(await app.balanceOf(accountId)).toEqual({ available: CREDITS - paid, held: 0 });
      expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    } finally {
      await app.stop();
    }
  });
});
