import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AccountsModule } from '../accounts/index.js';
import { ApiKeysModule } from '../api-keys/index.js';
import type { AppSettings } from '../app.module.js';
import { ConfigModule } from '../config/index.js';
import { CreditsModule } from '../credits/index.js';
import { Database, DatabaseModule } from '../database/index.js';
import { NestLogger } from '../observability/logger.js';
import { type FirstCredentials, firstStart } from './first-start.js';
import { masterKey } from './master-key.js';

/** What a new database is filled with needs no more than this. */
@Module({})
class SetUpModule {
  static forRoot({ env, secrets, connection }: AppSettings): DynamicModule {
    return {
      module: SetUpModule,
      imports: [
        ConfigModule.forRoot(env, secrets),
        DatabaseModule.forRoot(connection),
        AccountsModule,
        ApiKeysModule,
        CreditsModule,
      ],
    };
  }
}

/**
 * Once per start, before anything works or listens: is this the database's
 * master key, and does the database have its first credentials?
 *
 * @throws Error in words for the operator
 */
export async function setUp(settings: AppSettings): Promise<FirstCredentials> {
  const context = await NestFactory.createApplicationContext(SetUpModule.forRoot(settings), {
    abortOnError: false,
    logger: new NestLogger(),
  });
  try {
    await masterKey(settings.env, context.get(Database));
    return await firstStart(context);
  } finally {
    await context.close();
  }
}
