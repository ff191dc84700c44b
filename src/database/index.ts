export { ChangeFeed, type Topic } from './change-feed.js';
export { Database, type Sql } from './database.js';
export { DatabaseModule } from './database.module.js';
export { APPLICATION_ROLE, migrate, MIGRATION_LOCK } from './migrate.js';
export { Notifier, type Signal } from './notifier.js';
export { DatabaseUnavailableError, isOutage } from './outage.js';
export type { ConnectionSettings } from './pool.js';
export { type TransactionOptions, type Tx, UnitOfWork } from './unit-of-work.js';
