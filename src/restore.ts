import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MIGRATIONS } from '../migrations/index.js';
import {
  type BackupContents,
  checkImages,
  inGroups,
  readBackup,
  refuseOtherKey,
  restoreBackup,
  type RestoreRequest,
  type StagedKey,
  stageMasterKey,
} from './backup/index.js';
import { type Env, loadEnv } from './config/index.js';
import { CreditsModule, LedgerCheck } from './credits/index.js';
import { type ConnectionSettings, DatabaseModule, migrate } from './database/index.js';
import { readFileCommand, stopSignal } from './start/command-line.js';
import { connectAsOwner, type Owner } from './start/owner.js';
import { createDriver } from './storage/index.js';

const USAGE = 'npm run restore -- FILE [--replace]';

@Module({})
class CheckModule {
  static forRoot(settings: ConnectionSettings) {
    return { module: CheckModule, imports: [DatabaseModule.forRoot(settings), CreditsModule] };
  }
}

/** `npm run restore -- FILE`: a database as it was when the backup was written; exit 1 on a broken ledger. */
async function main(): Promise<void> {
  const signal = stopSignal();
  const { file, flags } = readFileCommand(process.argv.slice(2), USAGE, ['replace']);
  const env = loadEnv(process.env);
  const contents = await inspect(file);
  refuseOtherKey(env, contents.masterKey);
  const owner = await connectAsOwner(env, say);
  try {
    await restoreInto(owner, env, {
      ...{ file, contents, ownerUrl: owner.url, migrations: MIGRATIONS, say, signal },
      replace: flags.has('replace'),
      alone: owner.alone,
    });
  } finally {
    await owner.embedded?.stop();
  }
}

async function restoreInto({ url }: Owner, env: Env, request: RestoreRequest): Promise<void> {
  const key = await stageMasterKey(env, request.contents.masterKey);
  try {
    await restoreBackup(request);
  } catch (error) {
    await key.discard();
    throw error;
  }
  await finish(env, url, key);
}

/** The rows are in by now: whatever fails here can be done again without them. */
async function finish(env: Env, url: string, key: StagedKey): Promise<void> {
  try {
    await key.keep();
    await migrate(url);
    say('The database is restored.');
    process.exitCode = (await checkLedger(url)) ? 0 : 1;
    await reportImages(env, url);
  } catch (error) {
    say(`The database is restored, but what comes after failed: ${(error as Error).message}`);
    process.exitCode = 2;
  }
}

/** All of the file is read before anything is touched. */
async function inspect(file: string): Promise<BackupContents> {
  const contents = await readBackup(file, () => Promise.resolve());
  const { createdAt, program, postgres } = contents.header;
  const rows = contents.tables.reduce((sum, table) => sum + table.rows, 0);
  say(`${file} is whole: of ${createdAt}, by Easel ${program} on PostgreSQL ${postgres},`);
  say(`${inGroups(rows)} rows of ${contents.tables.length} tables.`);
  return contents;
}

async function checkLedger(url: string): Promise<boolean> {
  const settings = { url, pooled: false, role: null };
  const options = { logger: false } as const;
  const app = await NestFactory.createApplicationContext(CheckModule.forRoot(settings), options);
  const { ok, violations } = await app.get(LedgerCheck).run();
  say(`Ledger: ${ok ? 'clean' : 'VIOLATED'}`);
  for (const { rule, count, examples } of violations) {
    say(`  ${count} × ${rule}: ${examples.join(', ')}`);
  }
  await app.close();
  return ok;
}

/** The restore is done by now: a store that cannot be asked is told of, and no failure. */
async function reportImages(env: Env, url: string): Promise<void> {
  const store = await createDriver(env);
  try {
    const { expected, missing, examples, stranger } = await checkImages(url, store, say);
    say(`Images: ${inGroups(expected)} expected, ${inGroups(missing)} missing from the store`);
    if (missing > 0) say(`  such as ${examples.join(', ')}`);
    if (stranger !== null) say(`  The store is not the one of this database: ${stranger}.`);
  } catch (error) {
    say(`Images: the store could not be asked (${(error as Error).message})`);
  } finally {
    store.close();
  }
}

function say(message: string): void {
  process.stdout.write(`${message}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`Not restored: ${(error as Error).message}\n`);
  process.exit(2);
});
