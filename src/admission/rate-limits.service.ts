import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { Database, type Sql } from '../database/index.js';

const WINDOW_SECONDS = 60;
/** Different limits in use at once; one evicted only forgets whom it refused. */
const MAX_LIMITERS = 256;

/** Where a caller stands within the current minute. */
export interface RateState {
  readonly limit: number;
  readonly remaining: number;
  /** Until the whole limit is there again. */
  readonly resetMs: number;
}

/**
 * Requests per minute, counted in PostgreSQL by one atomic upsert each, so that
 * a limit holds for all processes together. Whom a process has refused, or given
 * the last request, it refuses from memory until the minute is over.
 *
 * Counts of minutes that are over are removed by retention, not by the library,
 * which would start a timer for every limiter and never stop it.
 *
 * There is no fallback to counting in memory when the database is away: then
 * nothing can be accepted anyway, and N nodes counting apart would admit N times
 * the limit. The outage passes through as `database_unavailable`.
 */
@Injectable()
export class RateLimits {
  private readonly limiters = new LRUCache<number, RateLimiterPostgres>({
    max: MAX_LIMITERS,
    memoMethod: (limit) => this.makeLimiter(limit),
  });

  constructor(private readonly database: Database) {}

  /** Counts one request of `subject`. `admitted` is false when it is beyond `limit`. */
  async take(subject: string, limit: number): Promise<RateState & { admitted: boolean }> {
    const { answer, admitted } = await this.consume(subject, limit);
    return { limit, remaining: answer.remainingPoints, resetMs: answer.msBeforeNext, admitted };
  }

  /** The library rejects with its answer for a refusal, and with an `Error` for an outage. */
  private async consume(
    subject: string,
    limit: number,
  ): Promise<{ answer: RateLimiterRes; admitted: boolean }> {
    try {
      return { answer: await this.limiters.memo(limit).consume(subject), admitted: true };
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      return { answer: refusal, admitted: false };
    }
  }

  private makeLimiter(limit: number): RateLimiterPostgres {
    return new RateLimiterPostgres({
      storeClient: { query: (sql: Sql) => this.query(sql) },
      storeType: 'client',
      tableName: 'rate_limits',
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix: 'rpm',
      points: limit,
      duration: WINDOW_SECONDS,
      inMemoryBlockOnConsumed: limit,
    });
  }

  /** The library computes with `expire` as a number (Unix ms); our pool reads `int8` as bigint. */
  private async query(sql: Sql): Promise<{ rows: object[]; rowCount: number }> {
    const found = await this.database.query<{ points: number; expire: bigint }>(sql);
    const rows = found.map((row) => ({ ...row, expire: Number(row.expire) }));
    return { rows, rowCount: rows.length };
  }
}
