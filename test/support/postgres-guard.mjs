import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from '../../src/database/embedded/folder-lock.mjs';

const [dataDir] = process.argv.slice(2);
const GRACE_MS = 10_000;

// The other end is held by the test run alone; it closes when the run ends or is killed.
process.stdin.resume().once('close', () => void cleanUp());

async function cleanUp() {
  const home = join(dataDir, 'postgres');
  const elsewhere = await readFile(join(home, 'location'), 'utf8').catch(() => '');
  const folders = [dataDir, elsewhere.trim()].filter((folder) => folder !== '');
  const cluster = join(elsewhere.trim() || home, 'data');
  const pid = Number((await read(join(cluster, 'postmaster.pid'))).split('\n')[0]);
  if (pid > 0) await stop(pid);
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
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
