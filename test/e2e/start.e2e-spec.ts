import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { canReach } from '../../src/database/embedded/account.js';
import { processIdentity, withFolderLock } from '../../src/database/embedded/folder-lock.mjs';
import { createTestDatabase } from '../support/database.js';
import { EaselProcess, freePort, readyIs, type EaselOptions } from '../support/easel-process.js';
import { GuardedFolder } from '../support/guarded-folder.js';

/** Five seconds and two on a quiet machine. */
const BACK_WITHIN_MS = 50_000;
const OUTAGE_MS = 20_000;
/** A start takes a second; a machine that builds something else at the same time is no failure. */
const TEST_TIMEOUT_MS = 600_000;
const NOBODY = { uid: 65_534, gid: 65_534 };

let suite: GuardedFolder;
let dataDir: string;
let started: EaselProcess[] = [];

jest.setTimeout(TEST_TIMEOUT_MS);

beforeAll(async () => {
  suite = await GuardedFolder.make();
  dataDir = join(suite.path, 'data');
});

afterEach(async () => {
  await Promise.all(started.map((one) => one.stop()));
  started = [];
});

afterAll(() => suite.remove());

describe('a start', () => {
  it('says where everything is, and keeps what it generated to its owner', async () => {
    const easel = await start();
    const origin = await easel.listening();
    await readyIs(origin, 200, BACK_WITHIN_MS);
    const said = easel.output.join('\n');
    expect(said).toContain(`${origin}/v1`);
    expect(said).toContain(`${origin}/docs`);
    const [, file] = await easel.said(/Credentials +(\S.*)$/m);
    const { mode } = await stat(file);
    expect(mode & 0o777).toBe(0o600);
    const [, key] = /^Demo API key +(\S+)/m.exec(await readFile(file, 'utf8'))!;
    expect(said).not.toContain(key);
    const answer = await fetch(`${origin}/v1/models`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(answer.status).toBe(200);
  });

  it('adopts the database of one that runs, and the last to stop takes it down', async () => {
    const first = await start();
    await first.listening();
    const second = await start();
    const origin = await second.listening();
    await second.said(/PostgreSQL .* was running already/);
    expect(await first.stop()).toBe(0);
    await readyIs(origin, 200, BACK_WITHIN_MS);
    const pid = await postmasterPid();
    expect(await second.stop()).toBe(0);
    expect(await processIdentity(pid)).toBeUndefined();
  });

  it('works after a kill -9 of the one before', async () => {
    const first = await start();
    await first.listening();
    await first.kill();
    const second = await start();
    await second.said(/PostgreSQL .* was running already/);
    await readyIs(await second.listening(), 200, BACK_WITHIN_MS);
  });

  it('with its port taken says which, and touches nothing', async () => {
    const stranger = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => stranger.listen(port, '127.0.0.1', resolve));
    const untouched = join(suite.path, 'untouched');
    const easel = await start({ DATA_DIR: untouched, PORT: String(port) });
    expect(await easel.exitCode).toBe(1);
    stranger.close();
    expect(easel.output.join('\n')).toContain(`Port ${port} on 127.0.0.1 is taken`);
    await expect(stat(untouched)).rejects.toThrow('ENOENT');
  });

  it('beside another on one empty data folder: one makes the database, both come up', async () => {
    const empty = join(suite.path, 'two at once');
    const both = await Promise.all([start({ DATA_DIR: empty }), start({ DATA_DIR: empty })]);
    const origins = await Promise.all(both.map((one) => one.listening()));
    await Promise.all(origins.map((origin) => readyIs(origin, 200, BACK_WITHIN_MS)));
    const said = both.flatMap((one) => one.output);
    expect(said.filter((line) => line.includes('Creating the database cluster'))).toHaveLength(1);
    const credentials = await readFile(join(empty, 'credentials.txt'), 'utf8');
    expect(credentials.match(/^Demo API key/gm)).toHaveLength(1);
  });

  it('on an external PostgreSQL makes none of its own', async () => {
    const database = await createTestDatabase();
    const alone = join(suite.path, 'external');
    const easel = await start({
      DATA_DIR: alone,
      DATABASE_URL: database.url,
      MASTER_KEY: 'only-a-key-of-this-test-0123456789',
    });
    await readyIs(await easel.listening(), 200, BACK_WITHIN_MS);
    await easel.stop();
    await database.drop();
    await expect(stat(join(alone, 'postgres'))).rejects.toThrow('ENOENT');
  });
});

describe('a database that dies', () => {
  it('is a 503 meanwhile, and seconds later it is back', async () => {
    const easel = await start();
    const origin = await easel.listening();
    await readyIs(origin, 200, BACK_WITHIN_MS);
    // Holding the lock keeps the supervisor from starting it again before we have looked.
    await withFolderLock(join(dataDir, 'postgres', 'lock'), () => outage(origin), {
      timeoutMs: BACK_WITHIN_MS,
    });
    expect(await readyIs(origin, 200, BACK_WITHIN_MS)).toBeLessThan(BACK_WITHIN_MS);
    const lines = easel.output.length;
    process.kill(await postmasterPid(), 'SIGKILL');
    await easel.said(/PostgreSQL is back/, lines);
    await readyIs(origin, 200, BACK_WITHIN_MS);
  });
});

describe('a checkout whose path has a space', () => {
  it('starts by its script, as a plain user too, and reads its .env file', async () => {
    const checkout = join(suite.path, 'a check out');
    const account = await copyCheckout(checkout);
    const port = await freePort();
    await writeFile(join(checkout, '.env'), `PORT=${port}\nHOST=should.not.win\n`);
    const easel = run({
      program: join(checkout, 'scripts', 'start.mjs'),
      env: { HOST: '127.0.0.1' },
      account,
    });
    expect(await easel.listening()).toBe(`http://127.0.0.1:${port}`);
    await readyIs(`http://127.0.0.1:${port}`, 200, BACK_WITHIN_MS);
    const { uid } = await stat(join(checkout, 'data', 'postgres', 'credentials.json'));
    expect(uid).toBe(account?.uid ?? process.getuid!());
  });
});

async function start(env: Record<string, string> = {}): Promise<EaselProcess> {
  const port = String(await freePort());
  return run({ env: { DATA_DIR: dataDir, PORT: port, ...env } });
}

function run(options: EaselOptions): EaselProcess {
  const easel = new EaselProcess(suite, options);
  started.push(easel);
  return easel;
}

async function postmasterPid(): Promise<number> {
  const text = await readFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8');
  return Number(text.split('\n')[0]);
}

async function outage(origin: string): Promise<void> {
  process.kill(await postmasterPid(), 'SIGKILL');
  await readyIs(origin, 503, OUTAGE_MS);
  expect((await fetch(`${origin}/health/live`)).status).toBe(200);
  await sleep(300);
}

/**
 * The built tree with the packages of this one. Run as root, it is given to an unprivileged account
 * when that account may read the packages; the account is the answer.
 */
async function copyCheckout(to: string): Promise<EaselOptions['account']> {
  const parts = ['src', 'migrations', 'scripts', 'config', 'dist', 'package.json', '.npmrc'];
  parts.push('package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json');
  await mkdir(to);
  for (const part of parts) {
    await cp(part, join(to, part), { recursive: true, preserveTimestamps: true });
  }
  const asNobody = process.getuid?.() === 0 && (await canReach('node_modules', NOBODY));
  if (asNobody) execFileSync('chown', ['-R', `${NOBODY.uid}:${NOBODY.gid}`, to]);
  await symlink(join(process.cwd(), 'node_modules'), join(to, 'node_modules'));
  return asNobody ? NOBODY : undefined;
}
