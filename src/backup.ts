import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findMasterKey, inGroups, megabytes, writeBackup } from './backup/index.js';
import { type Env, loadEnv } from './config/index.js';
import { readFileCommand, stopSignal } from './start/command-line.js';
import { connectAsOwner } from './start/owner.js';

/** `npm run backup -- FILE`: everything in the database, and the master key, as one file. */
async function main(): Promise<void> {
  const begun = performance.now();
  const signal = stopSignal();
  const { file } = readFileCommand(process.argv.slice(2), 'npm run backup -- FILE');
  const env = loadEnv(process.env);
  refuseNoDatabase(env);
  const owner = await connectAsOwner(env, say);
  try {
    const masterKey = await findMasterKey(env);
    const program = await programVersion();
    const report = await writeBackup({
      ...{ file, ownerUrl: owner.url, masterKey, program, say, signal },
    });
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    say(`${file}: ${inGroups(report.rows)} rows of ${report.tables} tables, ${seconds} s`);
    say(`${megabytes(report.bytes)}. It holds the master key: keep it as secret as the database.`);
    say('Images are not in it: keep a copy of the folder or bucket with it.');
  } finally {
    await owner.embedded?.stop();
  }
}

/** Only to back it up, no database is made. */
function refuseNoDatabase({ DATABASE_URL, DATA_DIR }: Env): void {
  if (DATABASE_URL || existsSync(join(DATA_DIR, 'postgres'))) return;
  throw new Error(`there is no database in ${DATA_DIR}, and DATABASE_URL is not set`);
}

async function programVersion(): Promise<string> {
  const manifest = await readFile(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function say(message: string): void {
  process.stdout.write(`${message}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`No backup was written: ${(error as Error).message}\n`);
  process.exit(2);
});
