import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Env } from '../config/index.js';
import { MASTER_KEY_FILE } from '../start/master-key.js';
import { syncFolder } from './new-file.js';

/** The key in force: of the environment, or the one kept in `DATA_DIR`; null when there is none. */
export async function findMasterKey(env: Env): Promise<string | null> {
  if (env.MASTER_KEY !== undefined) return env.MASTER_KEY;
  try {
    return (await readFile(join(env.DATA_DIR, MASTER_KEY_FILE), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** A key on its way into `DATA_DIR`. */
export interface StagedKey {
  /** Puts it in force. A different one that was there stays beside it. */
  keep(): Promise<void>;
  discard(): Promise<void>;
}

/** @throws Error when MASTER_KEY is set to another key than the backup's: nobody here can change that */
export function refuseOtherKey({ MASTER_KEY }: Env, key: string | null): void {
  if (MASTER_KEY === undefined || key === null || MASTER_KEY === key) return;
  throw new Error(
    'MASTER_KEY is not the key of this backup. Set it to the one of the installation that was ' +
      'backed up, or (with the embedded database) leave it out.',
  );
}

/**
 * Writes the key of a backup beside the one in force, so that after the commit of
 * its database nothing but a rename can go wrong.
 */
export async function stageMasterKey(env: Env, key: string | null): Promise<StagedKey> {
  const nothing = { keep: () => Promise.resolve(), discard: () => Promise.resolve() };
  refuseOtherKey(env, key);
  const current = await findMasterKey(env);
  if (key === null || key === current) return nothing;
  const file = join(env.DATA_DIR, MASTER_KEY_FILE);
  await mkdir(env.DATA_DIR, { recursive: true });
  await writeFile(`${file}.new`, key, { mode: 0o600, flush: true });
  return {
    keep: async () => {
      if (current !== null) await rename(file, `${file}.replaced-${Date.now()}`);
      await rename(`${file}.new`, file);
      await syncFolder(env.DATA_DIR);
    },
    discard: () => rm(`${file}.new`, { force: true }),
  };
}
