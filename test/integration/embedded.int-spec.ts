import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startEmbedded, type EmbeddedDatabase } from '../../src/database/embedded/index.js';
import { EmbeddedProcess } from '../support/embedded-process.js';
import { GuardedFolder } from '../support/guarded-folder.js';

/** Five seconds on a quiet machine. */
const BACK_WITHIN_MS = 50_000;
const SETTINGS = { fsync: 'off' };

/** One cluster for most tests, in a folder whose name has a space. */
let suite: GuardedFolder;
let folder: string;
let dataDir: string;
const logs: string[] = [];
let running: EmbeddedDatabase[] = [];
let processes: EmbeddedProcess[] = [];

beforeAll(async () => {
  suite = await GuardedFolder.make();
  folder = suite.path;
  dataDir = join(folder, 'data');
});

afterEach(async () => {
  await Promise.all(processes.map((one) => one.stop()));
  for (const one of running) await one.stop();
  running = [];
  processes = [];
  logs.length = 0;
});

afterAll(() => suite.remove());

describe('a fresh data folder', () => {
  it('gets a database whose owner makes the schema and whose program role cannot', async () => {
    const embedded = await start();
    await query(embedded.ownerUrl, 'CREATE TABLE t (at date) PARTITION BY RANGE (at)');
    await query(embedded.ownerUrl, 'CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1');
    await query(embedded.ownerUrl, 'DROP TABLE t');

    await expect(query(embedded.appUrl, 'CREATE TABLE u (a int)')).rejects.toThrow('permission');
    const [role] = await query(
      embedded.appUrl,
      `SELECT current_user, rolsuper, rolcreatedb, rolcreaterole,
              pg_has_role(current_user, 'easel_owner', 'MEMBER') AS owner
         FROM pg_roles WHERE rolname = current_user`,
    );
    expect(role).toEqual({
      current_user: 'easel_app',
      rolsuper: false,
      rolcreatedb: false,
      rolcreaterole: false,
      owner: false,
    });
  });

  it('keeps its passwords to its owner and the server to this machine', async () => {
    const embedded = await start();
    const { mode } = await stat(join(dataDir, 'postgres', 'credentials.json'));
    expect(mode & 0o777).toBe(0o600);
    const settings = await query(
      embedded.superuserUrl,
      `SELECT name, setting FROM pg_settings
        WHERE name IN ('listen_addresses', 'unix_socket_directories', 'jit') ORDER BY name`,
    );
    expect(settings.map(({ setting }) => setting)).toEqual(['off', '127.0.0.1', '']);
    const anonymous = embedded.appUrl.replace(/:[^:@/]+@/, ':guess@');
    await expect(query(anonymous, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  it('is initialised once when two processes start on it together', async () => {
    const empty = join(folder, 'two at once');
    const both = [spawnOn(empty), spawnOn(empty)];
    const [first, second] = await Promise.all(both.map((one) => one.up()));
    expect(first.url).toBe(second.url);
    expect([first.adopted, second.adopted].sort()).toEqual([false, true]);
    const lines = both.flatMap((one) => one.logs);
    expect(lines.filter((line) => line.includes('Creating the database cluster'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('Waiting for process'))).toHaveLength(1);
  });

  it('is whole again after a kill in the middle of its making', async () => {
    const empty = join(folder, 'killed');
    const victim = spawnOn(empty);
    await victim.logged('Creating the database cluster');
    await victim.kill();
    const heir = spawnOn(empty);
    const { url } = await heir.up();
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('a server that runs already', () => {
  it('is adopted, and stopped by whoever is the last to go', async () => {
    const first = await start();
    const other = spawnOn(dataDir);
    expect(await other.up()).toEqual({ url: first.superuserUrl, adopted: true });
    await first.stop();
    expect(await query(first.superuserUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await other.stop();
    await expect(query(first.superuserUrl, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('survives a kill -9 of the process that started it, and is adopted by the next', async () => {
    const victim = spawnOn(dataDir);
    await victim.up();
    const pid = await serverPid();
    await victim.kill();
    const heir = await start();
    expect(heir.adopted).toBe(true);
    expect(await serverPid()).toBe(pid);
    await heir.stop();
    await expect(query(heir.superuserUrl, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });
});

describe('a server that dies', () => {
  it('is back on its port within seconds, though a busy backend outlived it', async () => {
    const embedded = await start();
    const busy = query(embedded.superuserUrl, 'SELECT count(*) FROM generate_series(1, 1e11)');
    const ended = expect(busy).rejects.toThrow();
    await sleep(300);
    expect(await backAfterKill(embedded.superuserUrl)).toBeLessThan(BACK_WITHIN_MS);
    await ended;
  });

  it('is started once, though two processes watch it', async () => {
    const embedded = await start();
    const other = spawnOn(dataDir);
    await other.up();
    const before = await startsLogged();
    await backAfterKill(embedded.superuserUrl);
    await other.logged('PostgreSQL is back');
    await sleep(600);
    expect(await startsLogged()).toBe(before + 1);
    expect(logs.filter((line) => line.includes('died'))).toHaveLength(1);
  });
});

describe('a start against the odds', () => {
  it('is not held up by a pid file whose number is now a stranger', async () => {
    await (await start()).stop();
    const file = join(dataDir, 'postgres', 'data', 'postmaster.pid');
    await writeFile(file, `${process.pid}\n${dataDir}\n1\n1\n\n127.0.0.1\n\nready\n`);
    const embedded = await start();
    expect(embedded.adopted).toBe(false);
  });

  it('keeps its port, and says so when it has to move because a stranger has it', async () => {
    const first = await start();
    await first.stop();
    const again = await start();
    expect(again.appUrl).toBe(first.appUrl);
    await again.stop();
    const port = Number(new URL(first.appUrl).port);
    const stranger = await listen(port);
    const moved = await start();
    stranger.close();
    expect(new URL(moved.appUrl).port).not.toBe(String(port));
    expect(logs.join('\n')).toContain(`Port ${port} of the database is taken`);
    expect(await query(moved.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('refuses a cluster of another major version and names the way out', async () => {
    const foreign = await clusterOf('17');
    await expect(start(foreign)).rejects.toThrow(
      /PostgreSQL 17, and this Easel brings PostgreSQL 18.*npm run restore/s,
    );
  });

  it('refuses a cluster whose passwords are gone', async () => {
    const foreign = await clusterOf('18');
    await rm(join(foreign, 'postgres', 'credentials.json'));
    await expect(start(foreign)).rejects.toThrow('its passwords');
  });
});

if (process.platform === 'linux') {
  it('gives the server none of our environment', async () => {
    process.env.EASEL_TEST_SECRET = 'do-not-tell';
    await start();
    const environment = await readFile(`/proc/${await serverPid()}/environ`, 'utf8');
    delete process.env.EASEL_TEST_SECRET;
    expect(environment).toContain('LC_ALL=C');
    expect(environment).not.toContain('do-not-tell');
  });
}

if (process.getuid?.() === 0) {
  it('moves to /var/lib when root starts it in a folder the server may not enter', async () => {
    const secret = join(folder, 'private');
    await mkdir(secret, { mode: 0o700 });
    const embedded = await start(join(secret, 'data'));
    const home = (await readFile(join(secret, 'data/postgres/location'), 'utf8')).trim();
    expect(home).toMatch(/^\/var\/lib\/easel-/);
    expect(logs.join('\n')).toContain(`PostgreSQL's files are in ${home}`);
    const first = embedded.appUrl;
    await embedded.stop();
    expect((await start(join(secret, 'data'))).appUrl).toBe(first);
    await running.pop()!.stop();
    await rm(home, { recursive: true });
    await expect(start(join(secret, 'data'))).rejects.toThrow('that folder is gone');
  });
}

async function start(at = dataDir): Promise<EmbeddedDatabase> {
  const log = (message: string) => void logs.push(message);
  const embedded = await startEmbedded({ dataDir: at, log, settings: SETTINGS });
  running.push(embedded);
  return embedded;
}

function spawnOn(at: string): EmbeddedProcess {
  const one = new EmbeddedProcess(at);
  processes.push(one);
  return one;
}

/** As far as a start looks before it refuses. */
async function clusterOf(major: string): Promise<string> {
  const at = join(folder, `major ${major}`);
  await mkdir(join(at, 'postgres', 'data'), { recursive: true });
  await writeFile(join(at, 'postgres', 'data', 'PG_VERSION'), `${major}\n`);
  await writeFile(join(at, 'postgres', 'credentials.json'), '{}');
  return at;
}

async function serverPid(): Promise<number> {
  const text = await readFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8');
  return Number(text.split('\n')[0]);
}

async function startsLogged(): Promise<number> {
  const text = await readFile(join(dataDir, 'postgres', 'server.log'), 'utf8');
  return text.split('starting PostgreSQL').length - 1;
}

/** Milliseconds from a kill -9 of the server to the next answer. */
async function backAfterKill(url: string): Promise<number> {
  process.kill(await serverPid(), 'SIGKILL');
  const begun = Date.now();
  while (Date.now() - begun < 2 * BACK_WITHIN_MS) {
    const rows = await query(url, 'SELECT 1').catch(() => []);
    if (rows.length > 0) break;
    await sleep(20);
  }
  return Date.now() - begun;
}

async function query(connectionString: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}
