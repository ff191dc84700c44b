import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '../database/index.js';
import { logger } from '../observability/logger.js';

const FLUSH_INTERVAL_MS = 10_000;

const log = logger('api-keys');

/**
 * When keys were last used, collected and written in batches: a write per
 * request would cost more than the request's own bookkeeping.
 */
@Injectable()
export class KeyUses implements OnModuleDestroy {
  /** Bounded by the number of keys in use. */
  private seen = new Map<string, Date>();
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly database: Database) {}

  record(keyId: string): void {
    this.seen.set(keyId, new Date());
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_INTERVAL_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    await this.flush();
  }

  /**
   * Never rejects: the dates inform people and decide nothing. Rows locked by
   * somebody else are left to the next use, so that two nodes cannot deadlock.
   */
  async flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (this.seen.size === 0) return;
    const uses = this.seen;
    this.seen = new Map();
    try {
      await this.database.query({
        name: 'api-keys-uses',
        text: WRITE_USES,
        values: [[...uses.keys()], [...uses.values()]],
      });
    } catch (err) {
      log.warn('Dates of key use were not written', { keys: uses.size, err });
    }
  }
}

const WRITE_USES = `
WITH used AS (
  SELECT k.id, u.at
    FROM unnest($1::uuid[], $2::timestamptz[]) AS u (id, at)
    JOIN api_keys k ON k.id = u.id
   WHERE k.last_used_at IS NULL OR k.last_used_at < u.at
     FOR NO KEY UPDATE OF k SKIP LOCKED)
UPDATE api_keys k SET last_used_at = used.at FROM used WHERE k.id = used.id`;
