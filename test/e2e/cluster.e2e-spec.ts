import { jest } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { ADMIN_KEY, stubUpstream } from '../support/app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { EaselProcess } from '../support/easel-process.js';
import { GuardedFolder } from '../support/guarded-folder.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';

/** A dead worker's lease and the promise on top of it (design: lease + 30 s), four times over. */
const RECOVERED_WITHIN_MS = 180_000;

let folder: GuardedFolder;
let database: TestDatabase;
let stub: UpstreamStub;
let upstreamsFile: string;
let nodes: { process: EaselProcess; origin: string }[] = [];

jest.setTimeout(400_000);

beforeAll(async () => {
  folder = await GuardedFolder.make();
  database = await createTestDatabase();
  stub = await startUpstreamStub();
  upstreamsFile = join(folder.path, 'upstreams.yaml');
  const renderer = {
    name: 'local',
    provider: 'local-renderer',
    safeToRepeat: true,
    models: ['easel-sketch'],
  };
  await writeFile(upstreamsFile, stringify({ upstreams: [stubUpstream(stub.baseUrl), renderer] }));
  nodes = await Promise.all([1, 2, 3].map(() => startNode()));
});

afterAll(async () => {
  await Promise.all(nodes.map(({ process }) => process.kill()));
  await stub?.close();
  await database?.drop();
  await folder?.remove();
});

beforeEach(() => void stub.reset());

async function startNode(): Promise<{ process: EaselProcess; origin: string }> {
  const env = {
    PORT: '0',
    DATABASE_URL: database.url,
    MASTER_KEY: 'a master key for tests, 32 characters',
    ADMIN_API_KEY: ADMIN_KEY,
    DATA_DIR: join(folder.path, 'data'),
    UPSTREAMS_FILE: upstreamsFile,
    STUB_API_KEY: 'sk-stub-upstream-key',
  };
  const process = new EaselProcess(folder, { env });
  return { process, origin: await process.listening() };
}

async function admin<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(`${nodes.at(-1)!.origin}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function givenCustomer(amount: number, limits: object = {}) {
  const account = await admin<{ id: string }>('POST', '/accounts', {
    email: `c${Date.now()}-${Math.random().toString(36).slice(2)}@example.com`,
  });
  await admin('POST', `/accounts/${account.id}/grants`, { amount });
  const key = await admin<{ secret: string }>('POST', `/accounts/${account.id}/api-keys`, {
    name: 'cluster',
    limits,
  });
  return { accountId: account.id, secret: key.secret };
}

async function balanceOf(accountId: string) {
  return (await admin<{ credits: object }>('GET', `/accounts/${accountId}`)).credits;
}

function post(origin: string, secret: string, body: object = {}): Promise<Response> {
  return fetch(`${origin}/v1/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'a boat', size: '1024x1024', response_format: 'url', ...body }),
  });
}

/** A busy machine may keep the database from answering a process in time. */
async function postPatiently(origin: string, secret: string): Promise<Response> {
  let answer = await post(origin, secret);
  await until(async () => {
    if (answer.status !== 503) return true;
    await sleep(250);
    answer = await post(origin, secret);
    return false;
  });
  return answer;
}

async function expectCleanLedger(): Promise<void> {
  expect(await admin('GET', '/ledger/check')).toMatchObject({ ok: true, violations: [] });
}

describe('three processes on one database', () => {
  it('sell exactly what the balance pays for', async () => {
    const { accountId, secret } = await givenCustomer(20);
    stub.always('ok', { latencyMs: 50 });

    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, i) => postPatiently(nodes[i % 3].origin, secret)),
    );

    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(statuses.filter((status) => status === 402)).toHaveLength(54);
    expect(stub.calls).toHaveLength(10);
    expect(await balanceOf(accountId)).toEqual({ available: 0, held: 0 });
    await expectCleanLedger();
  });

  it('keep a key to three at once between them', async () => {
    const { secret } = await givenCustomer(100, { concurrency: 3 });
    const release = stub.hold();
    let judged = 0;
    const asked = Array.from({ length: 24 }, (_, i) =>
      post(nodes[i % 3].origin, secret).finally(() => (judged += 1)),
    );
    await until(() => judged === 21);
    release();
    const answers = await Promise.all(asked);

    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(3);
    expect(statuses.filter((status) => status === 429)).toHaveLength(21);
    expect(stub.calls).toHaveLength(3);
    await expectCleanLedger();
  });

  it('refuse a revoked key everywhere within a second', async () => {
    const { accountId, secret } = await givenCustomer(20);
    expect((await post(nodes[0].origin, secret)).status).toBe(200);
    const { data } = await admin<{ data: { id: string }[] }>(
      'GET',
      `/accounts/${accountId}/api-keys`,
    );

    await admin('DELETE', `/api-keys/${data[0].id}`);
    // What spends is refused from the very commit on, on every node.
    const atOnce = await Promise.all(nodes.map(({ origin }) => post(origin, secret)));
    expect(atOnce.map(({ status }) => status)).toEqual([401, 401, 401]);
    // A second on a quiet machine.
    await until(async () => {
      const reads = await Promise.all(
        nodes.map(({ origin }) =>
          fetch(`${origin}/v1/models`, { headers: { authorization: `Bearer ${secret}` } }),
        ),
      );
      return reads.every(({ status }) => status === 401);
    }, 10_000);
  });
});

describe('kill -9 in the middle of a generation', () => {
  it('ends it, closes the hold and keeps the ledger clean without help', async () => {
    const { accountId, secret } = await givenCustomer(20);
    stub.next('hang');
    const lost = post(nodes[0].origin, secret).catch(() => 'connection lost');
    await until(() => stub.inFlight === 1);
    expect(await balanceOf(accountId)).toEqual({ available: 18, held: 2 });

    await nodes[0].process.kill();
    nodes[0] = await startNode();

    expect(await lost).toBe('connection lost');
    await until(async () => isEnded(accountId), RECOVERED_WITHIN_MS);
    expect(await balanceOf(accountId)).toEqual({ available: 20, held: 0 });
    const { data } = await admin<{ data: { id: string; status: string }[] }>(
      'GET',
      `/generations?accountId=${accountId}`,
    );
    expect(data).toMatchObject([{ status: 'failed' }]);
    const read = await fetch(`${nodes[1].origin}/v1/images/${data[0].id}`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(await read.json()).toMatchObject({ status: 'failed', data: [] });
    await expectCleanLedger();
  });

  async function isEnded(accountId: string): Promise<boolean> {
    const [{ open }] = await database.query<{ open: number }>(
      `SELECT count(*)::int AS open FROM generations WHERE account_id = $1 AND finished_at IS NULL`,
      [accountId],
    );
    return open === 0;
  }
});
