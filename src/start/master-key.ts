import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Env } from '../config/index.js';
import { Database } from '../database/index.js';

/** In `DATA_DIR`, where MASTER_KEY is not set. */
export const MASTER_KEY_FILE = 'master-key';
const CHECK = 'easel master key check';

/**
 * The key everything else is encrypted under or derived from: the variable, or
 * one generated into `DATA_DIR` for the embedded database. A database remembers
 * a check value of its key, so that a wrong one is found at start and not when
 * the first secret cannot be read.
 *
 * @throws Error when the database was made with another key
 */
export async function masterKey(env: Env, database: Database): Promise<string> {
  const key = env.MASTER_KEY ?? (await keptKey(env.DATA_DIR));
  const [{ value }] = await database.query<{ value: string }>({
    text: `INSERT INTO settings AS s (key, value) VALUES ('master_key_check', $1)
           ON CONFLICT (key) DO UPDATE SET value = s.value RETURNING s.value`,
    values: [keyCheck(key)],
  });
  if (!timingSafeEqual(Buffer.from(value, 'hex'), Buffer.from(keyCheck(key), 'hex'))) {
    throw new Error(
      'MASTER_KEY is not the one this database was made with. Set the original key ' +
        `(generated ones are in DATA_DIR/${MASTER_KEY_FILE}).`,
    );
  }
  return key;
}

/** What a database remembers of its key: tells a wrong one and gives nothing away. */
export function keyCheck(key: string): string {
  return createHmac('sha256', key).update(CHECK).digest('hex');
}

/** Whole or not there: of two first starts both read the one that came first. */
async function keptKey(dataDir: string): Promise<string> {
  const file = join(dataDir, MASTER_KEY_FILE);
  const draft = `${file}.${process.pid}`;
  await mkdir(dataDir, { recursive: true });
  try {
    await writeFile(draft, randomBytes(32).toString('base64url'), { mode: 0o600 });
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return (await readFile(file, 'utf8')).trim();
}
