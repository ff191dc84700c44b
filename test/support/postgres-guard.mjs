// `node postgres-guard.mjs FOLDER`: waits until its input closes, which it does when the process at
// the other end is gone, however it went. Then it stops every embedded PostgreSQL whose data folder
// is FOLDER or directly below it, and removes FOLDER.
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from '../../src/database/embedded/folder-lock.mjs';

const [folder] = process.argv.slice(2);
const GRACE_MS = 10_000;

process.stdin.resume().once('close', () => void cleanUp());

async function cleanUp() {
  const names = await readdir(folder).catch(() => []);
  for (const dataDir of [folder, ...names.map((name) => join(folder, name))]) await end(dataDir);
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
