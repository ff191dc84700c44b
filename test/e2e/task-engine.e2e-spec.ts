import { UnitOfWork } from '../../src/database/index.js';
import { RelayService } from '../../src/relay/index.js';
import { startApp, stubUpstream, type TestApp } from '../support/app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TaskProvider } from '../support/task-provider.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';

/** Ten times a lease of fifteen seconds. */
const RECOVERED_MS = 150_000;
const PICTURE = { prompt: 'a lighthouse', model: 'gpt-image-2', size: '1024x1024' };

function post(app: TestApp, secret: string, n = 1): Promise<Response> {
  return fetch(`${app.url}/v1/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...PICTURE, n, response_format: 'url' }),
  });
}

/** The newest generation of an account. */
async function newestOf(app: TestApp, accountId: string): Promise<{ id: string; status: string }> {
  const [row] = await app.database.query<{ id: string; status: string }>(
    'SELECT id, status FROM generations WHERE account_id = $1 ORDER BY id DESC LIMIT 1',
    [accountId],
  );
  return row;
}

describe('a full upstream', () => {
  let stub: UpstreamStub;
  let app: TestApp;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ upstreams: [stubUpstream(stub.baseUrl, { maxConcurrent: 1 })] });
  });
  afterAll(async () => {
    await app?.stop();
    await stub?.close();
  });
  beforeEach(() => void stub.reset());

  it('makes generations wait their turn, and never gets two at once', async () => {
    const { secret, accountId } = await app.givenCustomer(20);
    stub.always('ok', { latencyMs: 120 });
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, stub.inFlight)), 2);

    const answers = await Promise.all(Array.from({ length: 5 }, () => post(app, secret)));
    clearInterval(watch);

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(most).toBe(1);
    expect(await app.balanceOf(accountId)).toEqual({ available: 10, held: 0 });
  });

  it('tells a waiting generation its place, and cancels it for nothing', async () => {
    const first = await app.givenCustomer(20);
    const second = await app.givenCustomer(20);
    const release = stub.hold();
    const running = post(app, first.secret);
    await until(() => stub.inFlight === 1);
    const waiting = post(app, second.secret);
    await until(async () => (await newestOf(app, second.accountId))?.status === 'pending');
    const { id } = await newestOf(app, second.accountId);
    const relay = app.app.get(RelayService);
    const place = (await relay.find(second.accountId, id))?.queue;
    expect(await app.balanceOf(second.accountId)).toEqual({ available: 18, held: 2 });

    const canceled = await relay.cancel(second.accountId, id);

    expect(place?.position).toBe(1);
    expect(canceled?.status).toBe('canceled');
    expect(await app.balanceOf(second.accountId)).toEqual({ available: 20, held: 0 });
    expect((await waiting).status).toBe(409);
    release();
    expect((await running).status).toBe(200);
    expect(await relay.cancel(first.accountId, id)).toBeNull();
  });

  it('runs on when canceled after it was sent, and charges what it delivered', async () => {
    const { accountId, secret } = await app.givenCustomer(20);
    const release = stub.hold();
    const answer = post(app, secret);
    await until(() => stub.inFlight === 1);
    const { id } = await newestOf(app, accountId);

    const asked = await app.app.get(RelayService).cancel(accountId, id);

    release();
    expect(asked).toMatchObject({ status: 'processing', cancelRequested: true });
    expect((await answer).status).toBe(200);
    expect(await app.balanceOf(accountId)).toEqual({ available: 18, held: 0 });
  });
});

describe('two processes', () => {
  let database: TestDatabase;
  let stub: UpstreamStub;
  let nodes: TestApp[];

  beforeAll(async () => {
    database = await createTestDatabase();
    stub = await startUpstreamStub();
    const upstreams = [stubUpstream(stub.baseUrl, { maxConcurrent: 3 })];
    const first = await startApp({ database, upstreams });
    nodes = [first, await startApp({ database, upstreams, dataDir: first.dataDir })];
  });
  afterAll(async () => {
    for (const node of [...nodes].reverse()) await node.stop();
    await stub?.close();
    await database?.drop();
  });

  it("keep an upstream's maxConcurrent between them", async () => {
    const { secret } = await nodes[0].givenCustomer(100);
    stub.always('ok', { latencyMs: 100 });
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, stub.inFlight)), 2);

    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, i) => post(nodes[i % 2], secret)),
    );
    clearInterval(watch);

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(most).toBeLessThanOrEqual(3);
    expect(await nodes[0].checkLedger()).toMatchObject({ ok: true });
  });
});

describe('an upstream with tasks', () => {
  const TASKS = [{ name: 'tasks', provider: 'test-tasks', models: '*', priority: 10 }];
  let tasks: TaskProvider;
  let app: TestApp;

  beforeEach(async () => {
    tasks = new TaskProvider();
    app = await startApp({ upstreams: TASKS, providers: [tasks] });
  });
  afterEach(async () => {
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await app.stop();
  });

  it('is asked after its task until the picture is there, also through its own failures', async () => {
    const { accountId, secret } = await app.givenCustomer(10);
    const answer = post(app, secret);
    await until(() => tasks.polled >= 2);
    tasks.state = 'unreachable';
    const before = tasks.polled;
    await until(() => tasks.polled >= before + 2);

    tasks.state = 'done';

    expect((await answer).status).toBe(200);
    expect(tasks.started).toBe(1);
    expect(await app.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
  });

  it.each([
    [1, [0, 1]],
    [2, [0, 1, 2, 3]],
    [2, [0, 0, 1]],
    [2, [5, 0, 1]],
  ])('keeps and charges %i when its images are %j', async (n, made) => {
    const { accountId, secret } = await app.givenCustomer(10);
    Object.assign(tasks, { state: 'done', made });

    const answer = await post(app, secret, n);

    expect(answer.status).toBe(200);
    expect(((await answer.json()) as { data: unknown[] }).data).toHaveLength(n);
    expect(await app.balanceOf(accountId)).toEqual({ available: 10 - 2 * n, held: 0 });
  });

  it("answers the task's own failure", async () => {
    const { accountId, secret } = await app.givenCustomer(10);
    tasks.state = 'failed';

    expect((await post(app, secret)).status).toBe(400);
    expect(await app.balanceOf(accountId)).toEqual({ available: 10, held: 0 });
  });

  it(
    'is resumed by its task id when the process that started it is gone',
    async () => {
      const { accountId, secret } = await app.givenCustomer(10);
      void post(app, secret).catch(() => undefined);
      await until(() => tasks.polled >= 1);
      // The holder dies: its lease is nobody's, and its later statements are fenced off.
      await app.app.get(UnitOfWork).run((tx) =>
        tx.query({
          text: `UPDATE generations SET worker_id = gen_random_uuid(), lease_token = gen_random_uuid()
                WHERE account_id = $1`,
          values: [accountId],
        }),
      );

      tasks.state = 'done';
      await until(
        async () => (await newestOf(app, accountId)).status === 'succeeded',
        RECOVERED_MS,
      );

      expect(tasks.started).toBe(1);
      expect(await app.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
      const late = await app.database.query('SELECT 1 FROM late_results WHERE account_id = $1', [
        accountId,
      ]);
      // The replaced holder's picture came too: kept for the operator, charged to nobody.
      expect(late).toHaveLength(1);
    },
    2 * RECOVERED_MS,
  );

  it.each([
    [true, 'canceled', 10],
    [false, 'succeeded', 8],
  ])('confirming a cancel: %s → %s', async (confirms, status, available) => {
    const { accountId, secret } = await app.givenCustomer(10);
    tasks.confirmsCancel = confirms;
    const answer = post(app, secret);
    await until(() => tasks.polled >= 1);
    const { id } = await newestOf(app, accountId);

    await app.app.get(RelayService).cancel(accountId, id);
    await until(() => tasks.canceled.length > 0);
    tasks.state = 'done';
    await answer;

    expect((await newestOf(app, accountId)).status).toBe(status);
    expect(await app.balanceOf(accountId)).toEqual({ available, held: 0 });
  });
});
