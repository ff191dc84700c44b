import { jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerCheck } from '../../src/credits/index.js';
import { keyCheck } from '../../src/start/master-key.js';
import { startApp, type TestApp } from '../support/app.js';
import { backUp, hashTables, MASTER_KEY, restore } from '../support/backups.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { EaselProcess, readyIs } from '../support/easel-process.js';
import { GuardedFolder } from '../support/guarded-folder.js';
import { startLedgerNode } from '../support/ledger-node.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';

const PICTURE = { prompt: 'a lighthouse', size: '1024x1024', response_format: 'url' };

let folder: GuardedFolder;
let stub: UpstreamStub;
let database: TestDatabase;
let dataDir: string;
let others: TestDatabase[] = [];

/** Commands of seconds; a machine that builds something else at the same time is no failure. */
jest.setTimeout(900_000);

beforeAll(async () => {
  folder = await GuardedFolder.make();
  stub = await startUpstreamStub();
  database = await createTestDatabase();
  await database.query(`INSERT INTO settings VALUES ('master_key_check', $1)`, [
    keyCheck(MASTER_KEY),
  ]);
  dataDir = join(folder.path, 'first');
});

afterEach(async () => {
  for (const other of others) await other.drop();
  others = [];
});

afterAll(async () => {
  await stub?.close();
  await database?.drop();
  await folder?.remove();
});

const file = (name: string) => join(folder.path, name);

async function givenDatabase(): Promise<TestDatabase> {
  const other = await createTestDatabase();
  others.push(other);
  return other;
}

async function start(on: TestDatabase): Promise<TestApp> {
  await mkdir(dataDir, { recursive: true });
  return startApp({ database: on, dataDir, stub: stub.baseUrl });
}

function post(origin: string, secret: string): Promise<Response> {
  return fetch(`${origin}/v1/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(PICTURE),
  });
}

async function drawPicture(origin: string, secret: string): Promise<string> {
  const answer = await post(origin, secret);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { data: { url: string }[] }).data[0].url;
}

async function bytesOf(url: string): Promise<Buffer> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}

async function checkLedger(on: TestDatabase): Promise<readonly object[]> {
  const node = await startLedgerNode(on);
  const { violations } = await node.get(LedgerCheck).run();
  await node.close();
  return violations;
}

describe('a backup of a server at work', () => {
  it('is of one instant: the ledger of each copy adds up', async () => {
    const subject = await start(database);
    const customers = await Promise.all([1, 2, 3, 4].map(() => subject.givenCustomer(1_000)));
    let working = true;
    const load = Array.from({ length: 16 }, async (_, i) => {
      while (working) expect((await post(subject.url, customers[i % 4].secret)).status).toBe(200);
    });
    const copies: number[] = [];
    for (const round of [1, 2, 3, 4, 5, 6]) {
      await sleep(100);
      await backUp(database.url, file(`busy-${round}`));
    }
    working = false;
    await Promise.all(load);
    await subject.stop();

    for (const round of [1, 2, 3, 4, 5, 6]) {
      const copy = await givenDatabase();
      await restore(file(`busy-${round}`), copy.url);
      expect(await checkLedger(copy)).toEqual([]);
      const [{ count }] = await copy.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM generations',
      );
      copies.push(count);
    }
    expect(copies).toEqual([...copies].sort((a, b) => a - b));
    expect(copies.at(-1)).toBeGreaterThan(copies[0]);
  });
});

describe('a restored database', () => {
  it('is row for row the one that was backed up, and its keys and links work', async () => {
    const before = await start(database);
    const { accountId, secret } = await before.givenCustomer(10);
    const link = await drawPicture(before.url, secret);
    const picture = await bytesOf(link);
    await before.stop();
    const copy = await givenDatabase();

    await backUp(database.url, file('quiet'));
    await restore(file('quiet'), copy.url);

    expect(await hashTables(copy.url)).toEqual(await hashTables(database.url));
    const after = await start(copy);
    expect(await bytesOf(`${after.url}${new URL(link).pathname}`)).toEqual(picture);
    await drawPicture(after.url, secret);
    expect(await after.balanceOf(accountId)).toEqual({ available: 6, held: 0 });
    expect(await after.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await after.stop();
  });
});

describe('the commands', () => {
  it('move an installation into a data folder of its own and out again', async () => {
    const before = await start(database);
    const { secret } = await before.givenCustomer(10);
    const link = await drawPicture(before.url, secret);
    const picture = await bytesOf(link);
    await before.stop();
    const external = { DATABASE_URL: database.url, MASTER_KEY, DATA_DIR: dataDir };
    const embedded = { DATA_DIR: join(folder.path, 'data') };
    const { rows: images } = await count(database, 'assets');

    const saved = await run('backup', [file('out')], external);
    const restored = await run('restore', [file('out')], embedded);

    expect(saved).toMatchObject({ code: 0, output: expect.stringContaining('rows of') });
    expect(restored.output).toContain('Ledger: clean');
    expect(restored.output).toContain(`Images: ${images} expected, ${images} missing`);
    expect(restored.code).toBe(0);
    const key = join(embedded.DATA_DIR, 'master-key');
    expect(await readFile(key, 'utf8')).toBe(MASTER_KEY);
    expect((await stat(key)).mode & 0o777).toBe(0o600);

    await cp(join(dataDir, 'images'), join(embedded.DATA_DIR, 'images'), { recursive: true });
    const again = await run('restore', [file('out'), '--replace'], embedded);
    expect(again.output).toContain(`Images: ${images} expected, 0 missing`);
    const easel = new EaselProcess(folder, { env: { ...embedded, PORT: '0' } });
    const origin = await easel.listening();
    await readyIs(origin, 200, 100_000);
    expect(await bytesOf(`${origin}${new URL(link).pathname}`)).toEqual(picture);
    const models = await fetch(`${origin}/v1/models`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(models.status).toBe(200);

    const meanwhile = await run('restore', [file('out'), '--replace'], embedded);
    expect(meanwhile).toMatchObject({ code: 2, output: expect.stringContaining('is running') });
    expect((await run('backup', [file('back')], embedded)).code).toBe(0);
    expect(await easel.stop()).toBe(0);

    const other = await givenDatabase();
    const home = { ...external, DATABASE_URL: other.url };
    expect(await run('restore', [file('back')], home)).toMatchObject({ code: 0 });
    const [gone, came] = await Promise.all([database, other].map(({ url }) => hashTables(url)));
    for (const table of ['accounts', 'assets', 'credit_entries', 'generations', 'attempts']) {
      expect([table, came[table]]).toEqual([table, gone[table]]);
    }
  });

  it('refuse what cannot end well, and touch nothing', async () => {
    await backUp(database.url, file('whole'));
    await writeFile(file('half'), (await readFile(file('whole'))).subarray(0, 2_000));
    const external = { DATABASE_URL: database.url, MASTER_KEY, DATA_DIR: dataDir };
    const empty = { DATA_DIR: join(folder.path, 'untouched') };
    const other = { ...empty, MASTER_KEY: 'another master key, of 32 characters' };
    const before = await hashTables(database.url);

    const refusals: [string, string[], Record<string, string>, string][] = [
      ['restore', [file('half')], empty, 'cut short'],
      ['restore', [file('whole')], other, 'MASTER_KEY is not the key of this backup'],
      ['restore', [file('whole')], external, 'say --replace'],
      ['backup', [], external, 'Usage: npm run backup'],
      ['backup', [file('new')], empty, 'there is no database in'],
      ['backup', [file('new')], { ...external, MASTER_KEY: other.MASTER_KEY }, 'master key'],
    ];
    for (const [name, words, env, reason] of refusals) {
      const ended = await run(name, words, env);
      expect(ended).toEqual({ code: 2, output: expect.stringContaining(reason) });
    }

    expect(await hashTables(database.url)).toEqual(before);
    await expect(stat(empty.DATA_DIR)).rejects.toThrow('ENOENT');
    await expect(stat(file('new'))).rejects.toThrow('ENOENT');
  });
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** The built command, as npm runs it. */
async function run(name: string, words: string[], env: Record<string, string>): Promise<Ended> {
  const program = join('dist', 'src', `${name}.js`);
  const child = spawn(process.execPath, [program, ...words], {
    env: { PATH: process.env.PATH, ...env },
  });
  folder.ward(child.pid!);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

async function count(on: TestDatabase, table: string): Promise<{ rows: number }> {
  const [row] = await on.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM ${table}`);
  return row;
}
