import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Env } from '../config/index.js';
import { Database } from '../database/index.js';

const FILE = 'master-key';
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
  const check = createHmac('sha256', key).update(CHECK).digest();
  const [{ value }] = await database.query<{ value: string }>({
    text: `INSERT INTO settings AS s (key, value) VALUES ('master_key_check', $1)
           ON CONFLICT (key) DO UPDATE SET value = s.value RETURNING s.value`,
    values: [check.toString('hex')],
  });
  if (!timingSafeEqual(Buffer.from(value, 'hex'), check)) {
    throw new Error(
      'MASTER_KEY is not the one this database was made with. Set the original key ' +
        `(generated ones are in DATA_DIR/${FILE}).`,
    );
  }
  return key;
}

async function keptKey(dataDir: string): Promise<string> {
  const file = join(dataDir, FILE);
  await mkdir(dataDir, { recursive: true });
  try {
    await writeFile(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return (await readFile(file, 'utf8')).trim();
}
