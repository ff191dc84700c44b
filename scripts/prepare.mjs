import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withFolderLock } from '../src/database/embedded/folder-lock.mjs';
import { ROOT, exitWithCode, install, isInstalled, run, seconds } from './ensure.mjs';
import { isBuilt } from './freshness.mjs';

const LOCK_TIMEOUT_MS = 600_000;
const DIST = join(ROOT, 'dist');

/**
 * Brings the checkout to where the program can run: packages installed ('production' or 'full'),
 * `dist` built from the sources as they are. Two starts at once do the work once.
 */
export async function prepare(mode) {
  process.chdir(ROOT);
  if (isInstalled(mode) && isBuilt()) return;
  await withFolderLock(
    join(ROOT, '.build-lock'),
    async () => {
      if (!isInstalled(mode)) await install(mode);
      if (!isBuilt()) await build();
    },
    { onWait: (pid) => console.log(`Waiting for process ${pid} …`), timeoutMs: LOCK_TIMEOUT_MS },
  ).catch(exitWithCode);
}

/** Into a folder of its own, then renamed: a server running from the old files is not hurt. */
async function build() {
  console.log('Building …');
  const begun = Date.now();
  await removeLeftovers();
  const fresh = join(ROOT, `.build-${process.pid}`);
  await run(process.execPath, [join('scripts', 'compile.mjs'), fresh]);
  const old = join(ROOT, `.build-${process.pid}-old`);
  if (existsSync(DIST)) await rename(DIST, old);
  await rename(fresh, DIST);
  await removeIfAllowed(old);
  console.log(`Built in ${seconds(begun)} s.`);
}

/** Of builds that were killed; we hold the lock, so nobody else is building. */
async function removeLeftovers() {
  const leftover = /^\.build-\d+(-old)?$/;
  for (const name of await readdir(ROOT)) {
    if (leftover.test(name)) await removeIfAllowed(join(ROOT, name));
  }
}

/** What another account built may be left over; it is in nobody's way. */
async function removeIfAllowed(folder) {
  await rm(folder, { recursive: true, force: true }).catch((error) => {
    if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
  });
}
