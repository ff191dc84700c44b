import { RelayService } from '../../src/relay/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { TaskProvider } from '../support/task-provider.js';
import { until } from '../support/until.js';
import { OpenTasksClient } from './open-tasks-client.js';

const RATIOS = ['auto', '1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '5:4', '4:5'].concat([
  ...['2:1', '1:2', '21:9', '9:21'],
]);
const WIDE = ['16:9', '9:16', '2:1', '1:2', '21:9', '9:21'];
const PRICES = { '1k': 2, '2k': 4, '4k': 6 } as const;
const CREDITS = 1000;

describe('tasks at an upstream that works on tasks', () => {
  let tasks: TaskProvider;
  let app: TestApp;
  let client: OpenTasksClient;
  let customer: { accountId: string; secret: string };

  beforeAll(async () => {
    tasks = new TaskProvider();
    app = await startApp({
      upstreams: [{ name: 'tasks', provider: 'test-tasks', models: '*', priority: 10 }],
      providers: [tasks],
    });
    client = await OpenTasksClient.of(app);
    customer = await client.givenPaid(CREDITS);
  });

  beforeEach(() => void (tasks.state = 'working'));

  afterEach(async () => {
    tasks.state = 'failed';
    await until(async () => (await app.balanceOf(customer.accountId)).held === 0);
  });

  afterAll(async () => {
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await app.stop();
  });

  it.each(RATIOS)(
    '%s costs 2, 4 and 6 credits, and comes in 4k where that is wide',
    async (ratio) => {
      for (const [resolution, credits] of Object.entries(PRICES)) {
        const before = await app.balanceOf(customer.accountId);
        const { status, body } = await client.create(customer.secret, {
          prompt: 'a boat',
          aspect_ratio: ratio,
          resolution,
        });
        const { held } = await app.balanceOf(customer.accountId);
        if (resolution === '4k' && !WIDE.includes(ratio)) {
          expect([status, body.error, held - before.held]).toEqual([400, 'invalid_request', 0]);
          expect(body.message).toContain('Accepted: 1k, 2k.');
        } else {
          expect([status, body.data?.cost_credits, held - before.held]).toEqual([
            ...[200, credits, credits],
          ]);
        }
      }
    },
  );

  it('shows the upstream’s task from when it is known, and the picture when it is there', async () => {
    const { id } = (await client.create(customer.secret, { prompt: 'a boat' })).body.data;
    await until(async () => {
      const { data } = (await client.find(customer.secret, id)).body;
      return data.status === 'processing' && data.task_id !== null;
    });
    const { task_id } = (await client.find(customer.secret, id)).body.data;

    tasks.state = 'done';

    const task = await client.ended(customer.secret, id);
    expect(task).toMatchObject({ status: 'success', task_id, cost_credits: 2 });
    expect(task_id).toMatch(/^task-\d+$/);
  });

  it('shows a task that was canceled, at no cost', async () => {
    tasks.confirmsCancel = true;
    const { id } = (await client.create(customer.secret, { prompt: 'a boat' })).body.data;

    await app.app.get(RelayService).cancel(customer.accountId, id);

    expect(await client.ended(customer.secret, id)).toMatchObject({
      status: 'canceled',
      cost_credits: 0,
      task_result: null,
      task_info: null,
    });
  });
});
