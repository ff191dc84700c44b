import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { loadEnv } from './config/index.js';
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

async function main(): Promise<void> {
  const say = (message: string) => void process.stdout.write(`${message}\n`);
  const { settings, embedded } = await connect(loadEnv(process.env), say);
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
