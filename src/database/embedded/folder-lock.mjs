// Plain JavaScript with its types beside it: scripts/ needs this lock before anything is built.
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;
const DEBRIS_AGE_MS = 3_600_000;
const TAKEN = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM']);
const TAKEN_OR_GONE = new Set([...TAKEN, 'ENOENT']);

/**
 * What tells a live process from a later one with the same number: its start time in clock ticks
 * on Linux, the word "alive" where there is no /proc. Undefined once it is gone or a zombie.
 */
export async function processIdentity(pid) {
  try {
    const line = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return isSignalable(pid) ? 'alive' : undefined;
  }
}

function isSignalable(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/**
 * Runs `work` while holding the lock folder `path`, alone on this machine. The folder appears and
 * goes by rename, so it never exists without its owner's name; a holder that was killed is noticed
 * by process number and start time. `onWait` is called once, with the holder's process number.
 */
export async function withFolderLock(path, work, { onWait, timeoutMs }) {
  const held = await acquire(path, onWait, timeoutMs);
  try {
    return await work();
  } finally {
    const gone = `${path}.${held.token}`;
    await moved(path, gone, TAKEN_OR_GONE);
    await rm(gone, { recursive: true, force: true });
  }
}

async function acquire(path, onWait, timeoutMs) {
  const token = randomBytes(8).toString('hex');
  const owner = { pid: process.pid, identity: await processIdentity(process.pid), token };
  const mine = `${path}.${token}`;
  await mkdir(mine);
  await writeFile(join(mine, 'owner.json'), JSON.stringify(owner));
  try {
    await waitForTurn(path, mine, onWait, timeoutMs);
  } catch (error) {
    await rm(mine, { recursive: true, force: true });
    throw error;
  }
  await sweepDebris(path);
  return owner;
}

async function waitForTurn(path, mine, onWait, timeoutMs) {
  const end = Date.now() + timeoutMs;
  let announced = false;
  while (!(await moved(mine, path, TAKEN))) {
    const holder = await readOwner(path);
    if (holder !== undefined && !(await isAlive(holder))) {
      // The tombstone is a full folder named after the dead holder's token: of two processes that
      // both saw it dead, the second cannot move the first one's fresh lock onto it.
      await moved(path, `${path}.stale-${holder.token}`, TAKEN_OR_GONE);
      continue;
    }
    if (holder !== undefined && !announced) {
      announced = true;
      onWait?.(holder.pid);
    }
    if (Date.now() > end) {
      throw new Error(`${path} is still held by process ${holder?.pid} after ${timeoutMs} ms`);
    }
    await sleep(POLL_MS);
  }
}

async function moved(from, to, expected) {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (expected.has(error.code)) return false;
    throw error;
  }
}

/**
 * Undefined when the lock was released meanwhile. A torn owner file (power cut) counts as a dead
 * holder, named after the very file that was read: by its path it could be the next holder's.
 */
async function readOwner(path) {
  const file = await open(join(path, 'owner.json')).catch(absent);
  if (file === undefined) return undefined;
  try {
    const { ino, mtimeMs } = await file.stat();
    const text = await file.readFile('utf8');
    return parseOwner(text) ?? { pid: 0, identity: 'torn', token: `torn-${ino}-${mtimeMs}` };
  } finally {
    await file.close();
  }
}

function parseOwner(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function absent(error) {
  if (error.code !== 'ENOENT') throw error;
}

async function isAlive({ pid, identity }) {
  if (pid <= 0) return false;
  const now = await processIdentity(pid);
  return now === identity || now === 'alive';
}

/** What killed processes left beside the lock, once it is old enough that nobody can mean it. */
async function sweepDebris(path) {
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const at = join(dirname(path), name);
    const { mtimeMs } = await stat(at).catch(() => ({ mtimeMs: Infinity }));
    if (mtimeMs < Date.now() - DEBRIS_AGE_MS) await rm(at, { recursive: true, force: true });
  }
}
