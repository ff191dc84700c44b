import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestingModule } from '@nestjs/testing';
import { stringify } from 'yaml';
import { Notifier } from '../../src/database/index.js';
import type { RelayCommand } from '../../src/relay/index.js';
import { GenerationStore } from '../../src/relay/generation-store.js';
import { ADMIN_KEY, stubUpstream } from '../support/app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { EaselProcess, freePort, readyIs } from '../support/easel-process.js';
import { GuardedFolder } from '../support/guarded-folder.js';
import { command, item, startLedgerNode } from '../support/ledger-node.js';
import { areGone, forkedBy } from '../support/process-tree.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';

const GRACE_SECONDS = 30;
const START_MS = 120_000;
/** A newcomer judges the leases of others only after a lease of its own. */
const RECOVERED_MS = 180_000;
const asOperator = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };

jest.setTimeout(600_000);

let folder: GuardedFolder;
let database: TestDatabase;
let stub: UpstreamStub;
let upstreamsFile: string;
let started: EaselProcess[] = [];

beforeAll(async () => {
  folder = await GuardedFolder.make();
  database = await createTestDatabase();
  stub = await startUpstreamStub();
  upstreamsFile = join(folder.path, 'upstreams.yaml');
  await writeFile(upstreamsFile, stringify({ upstreams: [stubUpstream(stub.baseUrl)] }));
});

afterEach(async () => {
  stub.reset();
  await Promise.all(started.map((one) => one.stop()));
  started = [];
});

afterAll(async () => {
  await stub?.close();
  await database?.drop();
  await folder?.remove();
});

/** The built program on the suite's database, unless `env` says otherwise. */
async function start(env: Record<string, string>) {
  const easel = new EaselProcess(folder, {
    env: {
      DATABASE_URL: database.url,
      MASTER_KEY: 'a master key for tests, 32 characters',
      DATA_DIR: join(folder.path, 'data'),
      PORT: String(await freePort()),
      ADMIN_API_KEY: ADMIN_KEY,
      UPSTREAMS_FILE: upstreamsFile,
      STUB_API_KEY: 'sk-stub',
      LOG_LEVEL: 'info',
      SHUTDOWN_GRACE_SECONDS: String(GRACE_SECONDS),
      ...env,
    },
  });
  started.push(easel);
  return { easel, origin: await easel.listening() };
}

async function admin<T>(origin: string, path: string, body?: object): Promise<T> {
  const init = body && { method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(`${origin}/admin/v1/${path}`, { headers: asOperator, ...init });
  return (await answer.json()) as T;
}

async function givenKey(origin: string): Promise<string> {
  const email = `p${Date.now()}-${Math.random().toString(36).slice(2)}@example.com`;
  const { id } = await admin<{ id: string }>(origin, 'accounts', { email });
  await admin(origin, `accounts/${id}/grants`, { amount: 1_000 });
  return (await admin<{ secret: string }>(origin, `accounts/${id}/api-keys`, { name: 'p' })).secret;
}

/** @returns the status, or `cut` when the connection ended without an answer */
function generate(origin: string, secret: string): Promise<number | 'cut'> {
  const answer = fetch(`${origin}/v1/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-image-2', prompt: 'a pier', size: '1024x1024' }),
  });
  return answer.then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => 'cut',
  );
}

/** Name of each process behind the port and when it began, as its samples say. */
async function beginnings(origin: string): Promise<Map<string, string>> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const samples = text.matchAll(/^process_start_time_seconds\{process="(\d+)"\} (\S+)$/gm);
  return new Map([...samples].map(([, name, at]) => [name, at]));
}

/** One generation in flight per process of `pids`, more or less: connections are dealt in turn. */
async function inFlight(origin: string, count: number) {
  const secret = await givenKey(origin);
  const release = stub.hold();
  const answers = Array.from({ length: count }, () => generate(origin, secret));
  await until(() => stub.inFlight === count, START_MS);
  return { answers, release };
}

describe('PROCESSES', () => {
  it('is one start: one announcement, one port, and metrics of each process', async () => {
    const { easel, origin } = await start({ PROCESSES: '3' });
    expect((await forkedBy(easel.pid)).length).toBe(3);
    expect([...(await beginnings(origin)).keys()].sort()).toEqual(['1', '2', '3']);
    const said = easel.output.join('\n');
    expect(said.match(/Easel is listening/g)).toHaveLength(1);
    expect(said).toContain('3 of role all');
  });

  it('replaces a process that is killed while the others serve', async () => {
    const { easel, origin } = await start({ PROCESSES: '3' });
    const before = await beginnings(origin);
    const [victim, ...others] = await forkedBy(easel.pid);
    await sleep(1_100); // The samples tell beginnings apart by the second.
    process.kill(victim, 'SIGKILL');
    await areGone([victim], START_MS);
    // A connection kept alive may have been the victim's; a new one is not.
    const headers = { connection: 'close' };
    await fetch(`${origin}/health/live`, { headers }).catch(() => undefined);
    expect((await fetch(`${origin}/health/live`, { headers })).status).toBe(200);
    await until(async () => {
      const after = await beginnings(origin).catch(() => new Map<string, string>());
      const replaced = [...after].filter(([name, at]) => before.get(name) !== at);
      return after.size === 3 && replaced.length === 1;
    }, START_MS);
    expect(await forkedBy(easel.pid)).toEqual(expect.arrayContaining(others));
  });

  it('answers what is in flight at SIGTERM, whichever process has it, and leaves with 0', async () => {
    const { easel, origin } = await start({ PROCESSES: '2' });
    const forked = await forkedBy(easel.pid);
    const { answers, release } = await inFlight(origin, 9);
    const stopped = easel.stop();
    await sleep(500);
    release();
    expect(await stopped).toBe(0);
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 9 }, () => 200));
    await areGone(forked, START_MS);
  });

  it('takes one Ctrl-C, which reaches every process, as one wish', async () => {
    const { easel, origin } = await start({ PROCESSES: '2' });
    const { answers, release } = await inFlight(origin, 6);
    for (const pid of [...(await forkedBy(easel.pid)), easel.pid]) process.kill(pid, 'SIGINT');
    await sleep(500);
    release();
    expect(await easel.exitCode).toBe(0);
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 6 }, () => 200));
  });

  it('lets a watching load balancer leave every process, not only the one it asked', async () => {
    const { easel, origin } = await start({ PROCESSES: '2', SHUTDOWN_GRACE_SECONDS: '20' });
    const secret = await givenKey(origin);
    await readyIs(origin, 200, START_MS);
    await sleep(100);
    const stopped = easel.stop();
    await readyIs(origin, 503, START_MS);
    const late = await Promise.all(Array.from({ length: 6 }, () => generate(origin, secret)));
    expect(late).toEqual(Array.from({ length: 6 }, () => 200));
    expect(await stopped).toBe(0);
  });

  it('outlives nothing: after kill -9 of the first process the others finish and go', async () => {
    const { easel, origin } = await start({ PROCESSES: '2' });
    const forked = await forkedBy(easel.pid);
    const { answers, release } = await inFlight(origin, 6);
    // Its output ends with the others', who have it too.
    const killed = easel.kill();
    await sleep(500);
    release();
    await killed;
    const next = await start({ PROCESSES: '2', PORT: new URL(origin).port });
    await readyIs(next.origin, 200, START_MS);
    await areGone(forked, START_MS);
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 6 }, () => 200));
  });

  it('refuses to start when one of them cannot, and says why once', async () => {
    const broken = join(folder.path, 'broken.yaml');
    await writeFile(broken, stringify({ upstreams: [{ name: 'x', provider: 'nobody' }] }));
    const failing = start({ PROCESSES: '2', UPSTREAMS_FILE: broken, LOG_LEVEL: 'fatal' });
    await expect(failing).rejects.toThrow('Easel did not start');
    const [easel] = started.slice(-1);
    expect(await easel.exitCode).toBe(1);
    expect(easel.output.join('\n').match(/did not start/g)).toHaveLength(1);
  });

  it('of an empty folder makes one database and one set of credentials, and stops it last', async () => {
    const dataDir = join(folder.path, 'embedded');
    const own = { DATABASE_URL: '', MASTER_KEY: '', ADMIN_API_KEY: '', DATA_DIR: dataDir };
    const { easel, origin } = await start({ PROCESSES: '2', ...own });
    await readyIs(origin, 200, START_MS);
    const credentials = await readFile(join(dataDir, 'credentials.txt'), 'utf8');
    expect(credentials.match(/^Demo API key/gm)).toHaveLength(1);
    expect(await easel.stop()).toBe(0);
    const lines = easel.output.filter((line) => line.includes('PostgreSQL (process'));
    expect(lines.at(-1)).toMatch(/stopped$/);
    expect(lines.join('\n')).not.toContain('died');
  });
});

describe('ROLE', () => {
  let node: TestingModule;
  beforeAll(async () => (node = await startLedgerNode(database)));
  afterAll(() => node.close());

  it('worker answers probes, serves no surface, and does what an api process may not', async () => {
    const api = await start({ ROLE: 'api' });
    const sample = await sampleOf(api.origin);
    const id = await acceptPending(sample);
    await sleep(1_500); // A poll and more.
    expect(await statusOf(id)).toBe('pending');

    const worker = await start({ ROLE: 'worker' });
    expect(worker.easel.output.join('\n')).not.toContain('/v1');
    await readyIs(worker.origin, 200, START_MS);
    const [models, metrics] = await Promise.all([
      fetch(`${worker.origin}/v1/models`, {
        headers: { authorization: `Bearer ${sample.secret}` },
      }),
      fetch(`${worker.origin}/metrics`),
    ]);
    expect([models.status, metrics.status]).toEqual([404, 200]);
    await until(async () => (await statusOf(id)) === 'succeeded', START_MS);
    expect(await worker.easel.stop()).toBe(0);
  });

  it('worker takes up what is left pending: told, without waiting for its poll; untold, at its next', async () => {
    const api = await start({ ROLE: 'api' });
    const sample = await sampleOf(api.origin);
    await start({ ROLE: 'worker' });
    const first = await acceptPending(sample);
    await until(async () => (await statusOf(first)) === 'succeeded', START_MS);

    const told = await pickups(sample, () => node.get(Notifier).tell('work'));
    const untold = await pickups(sample, () => undefined);

    // By the database's clock. A busy machine slows both; only one of them waits for a poll as well.
    expect(median(told)).toBeLessThan(median(untold));
    expect(median(untold)).toBeLessThan(12_000);
  });

  it('worker finishes at SIGTERM what it has sent, and leaves the rest of the queue to the next', async () => {
    const api = await start({ ROLE: 'api' });
    const sample = await sampleOf(api.origin);
    await api.easel.stop();
    const first = await start({ ROLE: 'worker', LOG_LEVEL: 'warn' });
    stub.reset().always('ok', { latencyMs: 150 });
    const ids: string[] = [];
    for (let made = 0; made < 100; made += 1) ids.push(await acceptPending(sample));
    node.get(Notifier).tell('work');
    await until(() => stub.calls.length > 20, START_MS);
    expect(await first.easel.stop()).toBe(0);

    const [left] = await database.query<{ pending: number; sent: number }>(
      `SELECT count(*) FILTER (WHERE g.finished_at IS NULL)::int AS pending,
              count(*) FILTER (WHERE a.state = 'sent')::int AS sent
         FROM generations g LEFT JOIN attempts a ON a.generation_id = g.id WHERE g.id = ANY ($1)`,
      [ids],
    );
    expect(left.pending).toBeGreaterThan(0);
    expect(left.sent).toBe(0);
    await start({ ROLE: 'worker' });
    await until(async () => {
      const states = await Promise.all(ids.map(statusOf));
      return states.every((status) => status === 'succeeded');
    }, RECOVERED_MS);
    expect(stub.calls).toHaveLength(100);
  });

  /** A customer's generation as the API accepted it, to be accepted again as pending. */
  async function sampleOf(origin: string) {
    const secret = await givenKey(origin);
    expect(await generate(origin, secret)).toBe(200);
    const [row] = await database.query<Sampled>(
      `SELECT g.account_id AS "accountId", g.api_key_id AS "keyId", i.request,
              (g.hold_credits / 1000)::int AS hold
         FROM generations g JOIN generation_inputs i ON i.generation_id = g.id
        ORDER BY g.id DESC LIMIT 1`,
    );
    return { ...row, secret };
  }

  /** What accept leaves when every upstream is full. */
  async function acceptPending({ accountId, keyId, request, hold }: Sampled): Promise<string> {
    const queued = item(command(accountId, keyId, { request }), hold, { lease: null });
    const { verdict } = await node.get(GenerationStore).accept(queued);
    expect(verdict).toBe('ok');
    return queued.id;
  }

  /** From accept to claim, in ms. */
  async function pickups(sample: Sampled, tell: () => void): Promise<number[]> {
    const ids: string[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const id = await acceptPending(sample);
      tell();
      await until(async () => (await statusOf(id)) === 'succeeded', START_MS);
      ids.push(id);
    }
    const rows = await database.query<{ ms: number }>(
      `SELECT (extract(epoch FROM started_at - created_at) * 1000)::float8 AS ms
         FROM generations WHERE id = ANY ($1)`,
      [ids],
    );
    return rows.map(({ ms }) => ms);
  }
});

interface Sampled {
  readonly accountId: string;
  readonly keyId: string;
  readonly request: RelayCommand['request'];
  /** Wire credits. */
  readonly hold: number;
}

async function statusOf(id: string): Promise<string> {
  const [row] = await database.query<{ status: string }>(
    'SELECT status FROM generations WHERE id = $1',
    [id],
  );
  return row.status;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
