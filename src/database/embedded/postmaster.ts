import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './folder-lock.mjs';
import type { Layout } from './layout.js';
import { isServer, kill, killOrphans } from './process-table.js';

const POLL_MS = 20;
/** Recovery after a crash may read a lot of log; a server that is alive is waited for this long. */
const READY_TIMEOUT_MS = 300_000;
const FAST_STOP_TIMEOUT_MS = 30_000;
const KILL_TIMEOUT_MS = 5_000;
const LOG_KEPT_BYTES = 10 * 1024 * 1024;
const LOG_TAIL_LINES = 5;

/** A running server, told from a later process of the same number by its identity. */
export interface Postmaster {
  readonly pid: number;
  readonly identity: string;
  readonly port: number;
}

/** The server that runs on this cluster already, once it is ready; undefined when there is none. */
export async function findRunning(layout: Layout): Promise<Postmaster | undefined> {
  const noted = await readPidFile(layout.cluster);
  if (noted === undefined || !(await isServer(noted.pid, layout.tag))) return undefined;
  return waitUntilReady(layout, noted.pid);
}

/**
 * Starts the server on `port` and waits until it takes connections. It outlives this process: the
 * next start adopts it. The caller holds the lock and knows that no server runs on the cluster.
 * @throws Error with the end of the server's log when it does not come up
 */
export async function launch(
  layout: Layout,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<Postmaster> {
  await clearAfterCrash(layout);
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    cluster_name: layout.tag,
    ...settings,
  };
  const pid = await spawnServer(layout, [
    ...['-D', layout.cluster, '-p', String(port)],
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const server = await waitUntilReady(layout, pid);
  if (server === undefined) {
    const tail = await logTail(layout.serverLog);
    throw new Error(`PostgreSQL did not start; the end of ${layout.serverLog}:\n${tail}`);
  }
  return server;
}

export async function isAlive({ pid, identity }: Postmaster): Promise<boolean> {
  return (await processIdentity(pid)) === identity;
}

/** Fast shutdown: sessions are ended, a checkpoint is written; the hard way after 30 s. */
export async function shutDown(server: Postmaster): Promise<void> {
  kill(server.pid, 'SIGINT');
  if (await endedWithin(server, FAST_STOP_TIMEOUT_MS)) return;
  kill(server.pid, 'SIGQUIT');
  await endedWithin(server, KILL_TIMEOUT_MS);
}

async function endedWithin(server: Postmaster, timeoutMs: number): Promise<boolean> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(POLL_MS)) {
    if (!(await isAlive(server))) return true;
  }
  return false;
}

async function spawnServer(layout: Layout, args: string[]): Promise<number> {
  await keepLogShort(layout.serverLog);
  const output = await open(layout.serverLog, 'a', 0o600);
  try {
    const child = spawn(join(layout.binaries.folder, 'bin', 'postgres'), args, {
      ...layout.account,
      cwd: layout.cluster,
      env: { LC_ALL: 'C' },
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    return child.pid as number;
  } finally {
    await output.close();
  }
}

/** Undefined when the process is gone before it was ready, or was on its way down. */
async function waitUntilReady(layout: Layout, pid: number): Promise<Postmaster | undefined> {
  const identity = await processIdentity(pid);
  for (const end = Date.now() + READY_TIMEOUT_MS; Date.now() < end; await sleep(POLL_MS)) {
    if (identity === undefined || (await processIdentity(pid)) !== identity) return undefined;
    const noted = await readPidFile(layout.cluster);
    if (noted?.pid === pid && noted.status === 'ready') return { pid, identity, port: noted.port };
  }
  throw new Error(`PostgreSQL (process ${pid}) was not ready within ${READY_TIMEOUT_MS} ms`);
}

/** Backends that outlived their server, and a pid file whose number now is a stranger's. */
async function clearAfterCrash(layout: Layout): Promise<void> {
  const end = Date.now() + KILL_TIMEOUT_MS;
  while ((await killOrphans(layout.tag)) > 0 && Date.now() < end) await sleep(POLL_MS);
  await rm(join(layout.cluster, 'postmaster.pid'), { force: true });
}

interface PidFile {
  readonly pid: number;
  readonly port: number;
  readonly status: string;
}

async function readPidFile(cluster: string): Promise<PidFile | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!(pid > 0)) return undefined;
  return { pid, port: Number(lines[3]), status: (lines[7] ?? '').trim() };
}

async function keepLogShort(file: string): Promise<void> {
  if (!existsSync(file) || (await stat(file)).size < LOG_KEPT_BYTES) return;
  await rename(file, `${file}.1`);
}

async function logTail(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.slice(-LOG_TAIL_LINES).join('\n');
}
