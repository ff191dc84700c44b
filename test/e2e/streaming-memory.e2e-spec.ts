import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { stringify } from 'yaml';
import { ADMIN_KEY, stubUpstream } from '../support/app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { EaselProcess, freePort } from '../support/easel-process.js';
import { GuardedFolder } from '../support/guarded-folder.js';
import { MemoryOf } from '../support/memory-of.js';
import { startStubProcess, type StubProcess } from '../support/stub-process.js';
import { askWithoutReading, readStream, type WireStream } from './event-reader.js';

jest.setTimeout(600_000);

const MIB = 1024 * 1024;
const STREAMS = Number(process.env['EASEL_TEST_STREAMS'] ?? 20);
const PREVIEWS = 3;
const PRICE = 2;
const CREDITS = 10_000;
const STREAM = {
  model: 'gpt-image-2',
  prompt: 'a lighthouse',
  size: '1024x1024',
  stream: true,
  partial_images: PREVIEWS,
};
const asOperator = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };

describe('the memory of a server that streams', () => {
  let folder: GuardedFolder;
  let database: TestDatabase;
  let stub: StubProcess;
  let easel: EaselProcess;
  let memory: MemoryOf;
  /** MiB before the first request. */
  let begun: number;
  let url: string;
  let accountId: string;
  let secret: string;

  beforeAll(async () => {
    folder = await GuardedFolder.make();
    database = await createTestDatabase();
    stub = await startStubProcess(folder);
    const upstreams = join(folder.path, 'upstreams.yaml');
    await writeFile(upstreams, stringify({ upstreams: [stubUpstream(stub.baseUrl)] }));
    const dataDir = join(folder.path, 'data');
    await mkdir(dataDir, { recursive: true });
    easel = new EaselProcess(folder, {
      program: process.env['EASEL_TEST_PROGRAM'],
      env: {
        DATABASE_URL: database.url,
        MASTER_KEY: 'a master key for tests, 32 characters',
        DATA_DIR: dataDir,
        PORT: String(await freePort()),
        ADMIN_API_KEY: ADMIN_KEY,
        UPSTREAMS_FILE: upstreams,
        STUB_API_KEY: 'sk-stub',
      },
    });
    url = await easel.listening();
    memory = new MemoryOf(easel.pid);
    begun = await memory.now();
    await openAccount();
    // What is loaded and compiled once is not what a stream costs.
    await stub.always('stream', { partialBytes: MIB });
    await Promise.all(Array.from({ length: 8 }, ask));
    await pause(500);
  });

  afterAll(async () => {
    await easel?.stop();
    await stub?.stop();
    await database?.drop();
    await folder?.remove();
  });

  async function admin(path: string, body?: object): Promise<Record<string, unknown>> {
    const method = body ? 'POST' : 'GET';
    const init = { method, headers: asOperator, ...(body && { body: JSON.stringify(body) }) };
    const answer = await fetch(`${url}/admin/v1${path}`, init);
    return (await answer.json()) as Record<string, unknown>;
  }

  async function openAccount(): Promise<void> {
    const { id } = await admin('/accounts', { email: 'streams@example.com' });
    accountId = id as string;
    await admin(`/accounts/${accountId}/grants`, { amount: CREDITS, reference: 'tests' });
    const key = await admin(`/accounts/${accountId}/api-keys`, { name: 'streams' });
    secret = key.secret as string;
  }

  async function balance() {
    const { credits } = await admin(`/accounts/${accountId}`);
    return credits as { available: number; held: number };
  }

  async function isClean(): Promise<void> {
    expect(await admin('/ledger/check')).toMatchObject({ ok: true, violations: [] });
  }

  /** A machine that is busy with other tests may keep the database from answering in time. */
  async function ask(): Promise<WireStream> {
    for (let turn = 0; ; turn += 1) {
      const answer = await fetch(`${url}/v1/images/generations`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify(STREAM),
      });
      if (answer.status !== 503 || turn === 20) return readStream(answer);
      await answer.body?.cancel();
      await pause(250);
    }
  }

  it(`is flat: ${STREAMS} streams at once of three previews of 1 MiB`, async () => {
    await stub.always('stream', { partialBytes: MIB, gapMs: 50 });
    const before = await balance();
    const idle = await memory.now();
    await memory.forget();
    const startedAt = Date.now();
    const streams = await Promise.all(Array.from({ length: STREAMS }, ask));
    const growth = (await memory.peak()) - idle;
    process.stdout.write(
      `${STREAMS} streams of ${PREVIEWS} × 1 MiB in ${Date.now() - startedAt} ms: started with ` +
        `${begun.toFixed(0)} MiB, idle ${idle.toFixed(0)}, peak + ${growth.toFixed(0)}\n`,
    );
    for (const { events } of streams) {
      expect(events.map(({ event }) => event)).toEqual([
        ...Array.from({ length: PREVIEWS }, () => 'image_generation.partial_image'),
        'image_generation.completed',
      ]);
      expect((events[0].data.b64_json as string).length).toBe(4 * Math.ceil(MIB / 3));
    }
    expect(growth).toBeLessThan(80);
    expect(await balance()).toEqual({
      available: before.available - STREAMS * PRICE,
      held: 0,
    });
    await isClean();
  });

  it('does not grow with what clients leave unread, nor is the upstream kept waiting', async () => {
    const clients = 10;
    await stub.always('stream', { partialBytes: 8 * MIB });
    const before = await balance();
    const idle = await memory.now();
    await memory.forget();
    const unread = Array.from({ length: clients }, () =>
      askWithoutReading(`${url}/v1/images/generations`, secret, STREAM),
    );
    const answers = await Promise.all(unread.map(({ answered }) => answered));
    const charged = { available: before.available - clients * PRICE, held: 0 };
    for (let turn = 0; JSON.stringify(await balance()) !== JSON.stringify(charged); turn += 1) {
      if (turn === 3_000) throw new Error('the upstream is kept waiting');
      await pause(100);
    }
    const outcomes = (await stub.calls()).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(Array(clients).fill('answered'));
    await pause(1_000);
    const growth = (await memory.now()) - idle;
    process.stdout.write(
      `${clients} unread streams of ${PREVIEWS} × 8 MiB: idle ${idle.toFixed(0)} MiB, ` +
        `+ ${growth.toFixed(0)} MiB, at most + ${((await memory.peak()) - idle).toFixed(0)}\n`,
    );
    expect(growth).toBeLessThan(40);

    // Whoever reads after all gets whole previews, though not all of them, and the picture.
    const { events } = await readStream(answers[0]);
    expect(events.at(-1)?.event).toBe('image_generation.completed');
    const previews = events.slice(0, -1).map(({ data }) => data.b64_json as string);
    expect(previews.length).toBeGreaterThan(0);
    expect(previews.length).toBeLessThan(PREVIEWS);
    for (const preview of previews) expect(preview.length).toBe(4 * Math.ceil((8 * MIB) / 3));
    unread.forEach(({ leave }) => leave());
    await isClean();
  });
});
