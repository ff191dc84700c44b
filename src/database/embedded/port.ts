import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Below every system's range for outgoing connections, so that none of those takes our port. */
const LOWEST = 20_000;
const HIGHEST = 30_000;
const TRIES = 100;

/**
 * The port of this data folder: chosen once and kept, so that clients find the server again after
 * its restart. When a stranger has taken it meanwhile, a new one is chosen and kept.
 */
export async function keptPort(control: string, log: (message: string) => void): Promise<number> {
  const file = join(control, 'port');
  const kept = Number(await readFile(file, 'utf8').catch(() => '0'));
  if (kept > 0 && (await isFree(kept))) return kept;
  const chosen = await freePort();
  if (kept > 0) {
    log(`Port ${kept} of the database is taken by another program; it moves to port ${chosen}`);
  }
  await writeFile(file, `${chosen}\n`);
  return chosen;
}

async function freePort(): Promise<number> {
  for (let i = 0; i < TRIES; i += 1) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST} on 127.0.0.1`);
}

export async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
