import { setTimeout as sleep } from 'node:timers/promises';
import { GenerationStore } from '../../src/relay/generation-store.js';
import { WorkerLease } from '../../src/relay/worker-lease.js';
import { type UpstreamSlot, UpstreamsService } from '../../src/upstreams/index.js';
import { startApp, stubUpstream, type TestApp } from '../support/app.js';
import { createTestDatabase } from '../support/database.js';
import { command, item } from '../support/ledger-node.js';
import { until } from '../support/until.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';

const PICTURE = { prompt: 'a lighthouse', model: 'gpt-image-2', size: '1024x1024' };
/** More generations than a process looks at of one account to find work for all its places. */
const BEYOND_ONE_LOOK = 130;

let stub: UpstreamStub;

beforeAll(async () => void (stub = await startUpstreamStub()));
afterAll(() => stub?.close());

function post({ url }: TestApp, secret: string): Promise<Response> {
  return fetch(`${url}/v1/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...PICTURE, response_format: 'url' }),
  });
}

/** Takes the one place at the upstream of a model. */
function fill({ app }: TestApp, model: string): UpstreamSlot {
  const upstreams = app.get(UpstreamsService);
  return upstreams.acquire({ model, operation: 'generate', mode: 'live' }) as UpstreamSlot;
}

it('a full upstream keeps nobody from another, however many of one account wait for it', async () => {
  const upstreams = ['slow', PICTURE.model].map((model) =>
    stubUpstream(stub.baseUrl, { name: `of-${model}`, models: [model], maxConcurrent: 1 }),
  );
  const node = await startApp({ upstreams });
  try {
    const { accountId, secret, keyId } = await node.givenCustomer(200);
    const asked = command(accountId, keyId);
    const slow = { ...asked, request: { ...asked.request, model: 'slow' } };
    fill(node, 'slow');
    const place = fill(node, PICTURE.model);
    const store = node.app.get(GenerationStore);
    for (let made = 0; made < BEYOND_ONE_LOOK; made += 1) {
      await store.accept(item(slow, 1, { lease: null }));
    }
    const answer = post(node, secret);
    await until(async () => (await store.pendingModels()).includes(PICTURE.model));

    place.release();

    expect((await answer).status).toBe(200);
  } finally {
    await node.stop();
  }
});

it('a process that joins others works on its first request itself', async () => {
  const database = await createTestDatabase();
  const upstreams = [stubUpstream(stub.baseUrl, { maxConcurrent: 4 })];
  const first = await startApp({ database, upstreams });
  const second = await startApp({ database, upstreams, dataDir: first.dataDir });
  try {
    const { accountId, secret } = await first.givenCustomer(10);

    expect((await post(second, secret)).status).toBe(200);

    const [{ worker }] = await database.query<{ worker: string }>(
      'SELECT worker_id AS worker FROM generations WHERE account_id = $1',
      [accountId],
    );
    expect(worker).toBe(second.app.get(WorkerLease).workerId);
  } finally {
    await second.stop();
    await first.stop();
    await database.drop();
  }
});

it('a process that joins a full cluster takes nothing that another still has', async () => {
  const database = await createTestDatabase();
  const upstreams = [stubUpstream(stub.baseUrl, { maxConcurrent: 4 })];
  const first = await startApp({ database, upstreams });
  const { secret } = await first.givenCustomer(100);
  const release = stub.reset().hold();
  const early = Array.from({ length: 4 }, () => post(first, secret));
  await until(() => stub.inFlight === 4);
  const second = await startApp({ database, upstreams, dataDir: first.dataDir });
  let most = 0;
  const watch = setInterval(() => void (most = Math.max(most, stub.inFlight)), 10);
  try {
    const late = Array.from({ length: 4 }, () => post(second, secret));
    const store = second.app.get(GenerationStore);
    await until(async () => (await store.pendingModels()).includes(PICTURE.model));
    // Time enough to take a place, if there were one to take.
    await sleep(1_500);
    release();

    const answers = await Promise.all([...early, ...late]);

    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(most).toBe(4);
  } finally {
    clearInterval(watch);
    stub.reset();
    await second.stop();
    await first.stop();
    await database.drop();
  }
});
