import { spawn } from 'node:child_process';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../../dist/src/database/embedded/index.js';

/** Nothing of a test run has to survive a power cut; what it does must be fast. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  // In the data folder, which is the server's own: for rigs that ask it thousands of times a second.
  ...(process.platform === 'win32' ? {} : { unix_socket_directories: '.' }),
};

/**
 * One PostgreSQL for the run, in a folder of its own, unless TEST_DATABASE_URL names a superuser of
 * another one. A guard process waits at the end of a pipe: it stops the server and removes the
 * folder when this process is gone, however it went.
 */
export default async function setUp() {
  if (process.env.TEST_DATABASE_URL) return;
  const dataDir = await mkdtemp(join(tmpdir(), 'easel-test-'));
  await chmod(dataDir, 0o711);
  const guard = spawn(
    process.execPath,
    [join(import.meta.dirname, 'postgres-guard.mjs'), dataDir],
    {
      stdio: ['pipe', 'ignore', 'inherit'],
      detached: true,
    },
  );
  const embedded = await startEmbedded({ dataDir, log: () => undefined, settings: SETTINGS });
  process.env.TEST_DATABASE_URL = embedded.superuserUrl;
  globalThis.easelTestRun = { embedded, guard };
}
