import { createWriteStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';

/**
 * Writes a file that appears under its name only when it is whole and flushed to
 * the medium. Only its owner may read it; a failure leaves nothing behind.
 *
 * @throws Error when a file of this name is there already
 */
export async function writeNewFile(
  path: string,
  write: (sink: Writable) => Promise<void>,
): Promise<void> {
  if (existsSync(path)) throw new Error(`${path} is there already; a backup replaces no file`);
  const draft = `${path}.partial-${process.pid}`;
  try {
    await write(createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true }));
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes a name in a folder durable. Windows has no such thing and refuses to open one. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
