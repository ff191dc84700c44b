import { startApp, type TestApp } from '../support/app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TaskProvider } from '../support/task-provider.js';
import { until } from '../support/until.js';
import { OpenTasksClient, type Task } from './open-tasks-client.js';

const TASKS = [{ name: 'tasks', provider: 'test-tasks', models: '*', priority: 10 }];
/** The longest that the server leaves a task alone, and longer than any test here waits. */
const LONG_MS = 30_000;
const PATIENCE_MS = 25_000;
/** No two looks at one task are closer than this, less what a clock may be off. */
const LEAST_MS = 1_990;

describe('a task that waits at an upstream', () => {
  let database: TestDatabase;
  let tasks: TaskProvider;
  let nodes: TestApp[];
  let follower: OpenTasksClient;
  let other: OpenTasksClient;
  let secret: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    tasks = new TaskProvider();
    const first = await startApp({ database, upstreams: TASKS, providers: [tasks] });
    const beside = { database, upstreams: TASKS, dataDir: first.dataDir };
    nodes = [first, await startApp({ ...beside, providers: [new TaskProvider()] })];
    [follower, other] = [await OpenTasksClient.of(nodes[0]), await OpenTasksClient.of(nodes[1])];
    ({ secret } = await follower.givenPaid(100));
  });
  beforeEach(() => {
    tasks.pollAfterMs = LONG_MS;
    tasks.state = 'working';
    tasks.polled = 0;
    tasks.polledAt.length = 0;
  });
  afterAll(async () => {
    expect(await nodes[0].checkLedger()).toMatchObject({ ok: true, violations: [] });
    for (const node of [...nodes].reverse()) await node.stop();
    await database.drop();
  });

  /** A task that the upstream has begun and, for all the server knows, works on. */
  async function givenTask(): Promise<Task> {
    const { id } = (await follower.create(secret, { prompt: 'a lighthouse' })).body.data;
    let task: Task | undefined;
    await until(async () => {
      task = (await other.find(secret, id)).body.data;
      return task.task_id !== null;
    }, PATIENCE_MS);
    return task as Task;
  }

  const betweenLooks = () => tasks.polledAt.slice(1).map((at, i) => at - tasks.polledAt[i]);

  it('is looked at soon for who asks another process, long before it is due', async () => {
    tasks.state = 'done';
    const { id } = await givenTask();

    await other.ended(secret, id);

    expect(tasks.polled).toBe(1);
  }, 60_000);

  it('is looked at no oftener than every two seconds, whoever asks how often', async () => {
    const { id } = await givenTask();

    await until(async () => {
      const asked = [follower, other, follower, other].map((each) => each.find(secret, id));
      await Promise.all(asked);
      return tasks.polled >= 1;
    }, PATIENCE_MS);
    tasks.state = 'done';
    await follower.ended(secret, id);

    expect(tasks.polled).toBeGreaterThanOrEqual(2);
    expect(Math.min(...betweenLooks())).toBeGreaterThan(LEAST_MS);
  }, 60_000);

  it('is left alone as long as was agreed when the upstream could not answer', async () => {
    tasks.pollAfterMs = LEAST_MS + 500;
    tasks.state = 'unreachable';
    const { id } = await givenTask();

    await until(async () => {
      await follower.find(secret, id);
      return tasks.polled >= 1;
    }, PATIENCE_MS);
    tasks.state = 'done';
    await follower.ended(secret, id);

    expect(Math.min(...betweenLooks())).toBeGreaterThan(LEAST_MS + 490);
  }, 60_000);
});
