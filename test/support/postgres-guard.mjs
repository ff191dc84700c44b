// `node postgres-guard.mjs FOLDER`: waits until its input closes, which it does when the process at
// the other end is gone, however it went. Then it kills the processes whose numbers it was given,
// one a line, stops every embedded PostgreSQL whose data folder is FOLDER, in it or in a checkout in
// it, and removes FOLDER.
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from '../../src/database/embedded/folder-lock.mjs';

const [folder] = process.argv.slice(2);
const GRACE_MS = 10_000;

const wards = new Map();

const lines = createInterface({ input: process.stdin });
lines.on('line', (pid) => wards.set(Number(pid), processIdentity(Number(pid))));
lines.once('close', () => void cleanUp());

async function cleanUp() {
  for (const [pid, identity] of wards) await killIfSame(pid, await identity);
  const names = await readdir(folder).catch(() => []);
  const inside = names.flatMap((name) => [join(folder, name), join(folder, name, 'data')]);
  for (const dataDir of [folder, ...inside]) await end(dataDir);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function end(dataDir) {
  const control = join(dataDir, 'postgres');
  const elsewhere = (await read(join(control, 'location'))).trim();
  const pidFile = join(elsewhere || control, 'data', 'postmaster.pid');
  const pid = Number((await read(pidFile)).split('\n')[0]);
  if (pid > 0) await stop(pid);
  if (elsewhere !== '') await rm(elsewhere, { recursive: true, force: true, maxRetries: 5 });
}

async function killIfSame(pid, identity) {
  if (identity === undefined || (await processIdentity(pid)) !== identity) return;
  process.kill(pid, 'SIGKILL');
}

/** Immediate shutdown: nobody will read this cluster again. */
async function stop(pid) {
  const identity = await processIdentity(pid);
  if (identity === undefined) return;
  process.kill(pid, 'SIGQUIT');
  for (const end = Date.now() + GRACE_MS; Date.now() < end; await sleep(50)) {
    if ((await processIdentity(pid)) !== identity) return;
  }
}

function read(file) {
  return readFile(file, 'utf8').catch(() => '');
}
