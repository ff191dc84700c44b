import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import pg from 'pg';
import { ChangeFeed } from './change-feed.js';
import { CONNECTION_SETTINGS, Database } from './database.js';
import { type ConnectionSettings, poolOptions } from './pool.js';
import { Notifier } from './notifier.js';
import { UnitOfWork } from './unit-of-work.js';

/** Of one process that was told nothing else; 100 is the usual limit of a server, for all of them. */
const POOL_SIZE = 12;

/** Everything that talks to PostgreSQL shares one pool. */
@Global()
@Module({})
export class DatabaseModule {
  static forRoot(settings: ConnectionSettings): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          driver: pg,
          url: settings.url,
          extra: poolOptions(settings, settings.poolSize ?? POOL_SIZE),
          poolErrorHandler: () => undefined,
          installExtensions: false,
          // A busy machine may need more than one second for its first connections.
          retryAttempts: 10,
          retryDelay: 300,
        }),
      ],
      providers: [
        { provide: CONNECTION_SETTINGS, useValue: settings },
        Database,
        UnitOfWork,
        ChangeFeed,
        Notifier,
      ],
      exports: [Database, UnitOfWork, ChangeFeed, Notifier],
    };
  }
}
