import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Agent, get as httpGet, type IncomingMessage } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { ADMIN_KEY, stubUpstream } from '../support/app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { EaselProcess, freePort, readyIs } from '../support/easel-process.js';
import { GuardedFolder } from '../support/guarded-folder.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';

const START_MS = 100_000;
/** A lease, the time before another node's work is touched, and a busy machine. */
const RECOVERED_MS = 180_000;

/** Far below the grace time of a minute that is not waited for. */
const AT_ONCE_MS = 30_000;

jest.setTimeout(400_000);

/** The built program, because signals are for processes. */
describe('SIGTERM', () => {
  let folder: GuardedFolder;
  let database: TestDatabase;
  let stub: UpstreamStub;
  beforeAll(async () => {
    folder = await GuardedFolder.make();
    database = await createTestDatabase();
    stub = await startUpstreamStub();
  });
  afterAll(async () => {
    await stub.close();
    await folder.remove();
    await database.drop();
  });

  async function start(env: Record<string, string> = {}) {
    const upstreams = join(folder.path, 'upstreams.yaml');
    await writeFile(upstreams, stringify({ upstreams: [stubUpstream(stub.baseUrl)] }));
    const easel = new EaselProcess(folder, {
      env: {
        DATABASE_URL: database.url,
        MASTER_KEY: 'only-a-key-of-this-test-0123456789',
        DATA_DIR: join(folder.path, 'data'),
        PORT: String(await freePort()),
        ADMIN_API_KEY: ADMIN_KEY,
        UPSTREAMS_FILE: upstreams,
        STUB_API_KEY: 'sk-stub',
        LOG_LEVEL: 'info',
        ...env,
      },
    });
    const origin = await easel.listening();
    return { easel, origin, secret: await givenKey(origin) };
  }

  async function countOpen(): Promise<number> {
    const [{ open }] = await database.query<{ open: string }>(
      `SELECT count(*) AS open FROM generations WHERE status IN ('pending', 'processing')`,
    );
    return Number(open);
  }

  it('answers what is in flight, sends new work elsewhere meanwhile, and exits with 0', async () => {
    const { easel, origin, secret } = await start({ SHUTDOWN_GRACE_SECONDS: '15' });
    await readyIs(origin, 200, START_MS);
    const release = stub.reset().hold();
    const answer = generate(origin, secret);
    await until(() => stub.inFlight === 1);

    const stopped = easel.stop();
    await readyIs(origin, 503, START_MS);
    const early = await ask(`${origin}/health/live`);
    expect([early.statusCode, early.headers.connection]).toEqual([200, 'close']);
    // Twice the time in which new work is still taken.
    await sleep(3_000);
    const late = await generate(origin, secret);
    expect(late.status).toBe(503);
    expect(late.headers.get('x-should-retry')).toBe('true');
    expect(await late.json()).toMatchObject({ error: { code: 'draining' } });
    release();

    const done = await answer;
    expect([done.status, done.headers.get('connection')]).toEqual([200, 'close']);
    expect(await done.json()).toMatchObject({ data: [expect.anything()] });
    expect(await stopped).toBe(0);
    expect(easel.output.join('\n')).toContain('"finished":true');
  });

  it('ends a process that has nothing to do and that nobody watches at once', async () => {
    const { easel } = await start({ SHUTDOWN_GRACE_SECONDS: '60' });
    const begun = performance.now();
    expect(await easel.stop()).toBe(0);
    expect(performance.now() - begun).toBeLessThan(AT_ONCE_MS);
  });

  it('sent again ends the process whatever it does', async () => {
    const { easel, origin, secret } = await start({ SHUTDOWN_GRACE_SECONDS: '60' });
    stub.reset().always('hang');
    const answer = generate(origin, secret).catch(() => 'cut');
    await until(() => stub.inFlight === 1);
    const begun = performance.now();
    void easel.stop();
    await sleep(1_000);
    expect(await easel.stop()).toBe(1);
    expect(performance.now() - begun).toBeLessThan(AT_ONCE_MS);
    expect(await answer).toBe('cut');
    stub.reset();
  });

  it('gives up on work that outlives the grace time, and leaves it to be recovered', async () => {
    const { easel, origin, secret } = await start({ SHUTDOWN_GRACE_SECONDS: '2' });
    stub.reset().always('hang');
    const answer = generate(origin, secret).catch(() => 'cut');
    await until(() => stub.inFlight === 1);
    await easel.stop();
    await answer;
    expect(await countOpen()).toBeGreaterThan(0);
    stub.reset();

    const next = await start();
    await until(async () => (await countOpen()) === 0);
    const check = await fetch(`${next.origin}/admin/v1/ledger/check`, { headers: asOperator });
    expect(await check.json()).toMatchObject({ ok: true, violations: [] });
    await next.easel.stop();
  });
});

const asOperator = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };

async function givenKey(origin: string): Promise<string> {
  const post = async (path: string, body: object) => {
    const init = { method: 'POST', headers: asOperator, body: JSON.stringify(body) };
    return (await (await fetch(`${origin}/admin/v1/${path}`, init)).json()) as Record<
      string,
      string
    >;
  };
  const { id } = await post('accounts', { email: `drain-${Date.now()}@example.com` });
  await post(`accounts/${id}/grants`, { amount: 100 });
  return (await post(`accounts/${id}/api-keys`, { name: 'drain' })).secret;
}

function generate(origin: string, secret: string): Promise<Response> {
  return fetch(`${origin}/v1/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024' }),
  });
}

/** With keep-alive asked for, so that `Connection: close` is the server's own wish. */
function ask(url: string): Promise<IncomingMessage> {
  const agent = new Agent({ keepAlive: true });
  return new Promise((resolve, reject) => {
    httpGet(url, { agent }, (answer) => {
      answer.resume().on('end', () => {
        agent.destroy();
        resolve(answer);
      });
    }).on('error', reject);
  });
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + RECOVERED_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('waited in vain');
    await sleep(25);
  }
}
