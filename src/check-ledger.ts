import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { type Env, loadEnv } from './config/index.js';
import { CreditsModule, LedgerCheck } from './credits/index.js';
import { type ConnectionSettings, DatabaseModule } from './database/index.js';
import { connect } from './start/connect.js';

/** `npm run check:ledger`: verifies every invariant and says so; exit 1 on a violation. */
@Module({})
class CheckModule {
  static forRoot(settings: ConnectionSettings) {
    return { module: CheckModule, imports: [DatabaseModule.forRoot(settings), CreditsModule] };
  }
}

/** A mistyped folder must not be answered with a new, empty and therefore clean ledger. */
function refuseEmptyFolder({ DATABASE_URL, DATA_DIR }: Env): void {
  if (DATABASE_URL || existsSync(join(DATA_DIR, 'postgres'))) return;
  throw new Error(`DATA_DIR ${resolve(DATA_DIR)} holds no database.`);
}

async function main(): Promise<void> {
  const say = (message: string) => void process.stdout.write(`${message}\n`);
  const env = loadEnv(process.env);
  refuseEmptyFolder(env);
  const { settings, embedded } = await connect(env, say);
  const app = await NestFactory.createApplicationContext(CheckModule.forRoot(settings), {
    logger: false,
  });
  const { ok, checkedAt, violations } = await app.get(LedgerCheck).run();
  say(`Ledger checked at ${checkedAt.toISOString()}: ${ok ? 'clean' : 'VIOLATED'}`);
  for (const { rule, count, examples } of violations) {
    say(`  ${count} × ${rule}: ${examples.join(', ')}`);
  }
  await app.close();
  await embedded?.stop();
  process.exitCode = ok ? 0 : 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`The ledger could not be checked: ${(error as Error).message}\n`);
  process.exit(2);
});
