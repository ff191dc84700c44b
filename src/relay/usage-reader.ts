import { Injectable } from '@nestjs/common';
import type { DomainErrorCode } from '../common/domain-error.js';
import { firstIdAt } from '../common/ids.js';
import { Database } from '../database/index.js';
import type { GenerationStatus } from './generation.js';

export interface UsageRequest {
  readonly accountId: string;
  readonly apiKeyId: string;
  readonly since: Date;
  /** Only generations older than this id. */
  readonly before: string | null;
  readonly limit: number;
}

export interface UsageItem {
  readonly id: string;
  readonly status: GenerationStatus;
  readonly operation: 'generate' | 'edit';
  readonly model: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  /** Thousandths. */
  readonly captured: bigint;
  readonly errorCode: DomainErrorCode | null;
}

export interface UsagePage {
  readonly items: readonly UsageItem[];
  readonly hasMore: boolean;
  /** Over the whole window, not the page. */
  readonly totalRequests: number;
  /** Thousandths. */
  readonly totalSpent: bigint;
}

export interface KeyCounters {
  readonly inFlight: number;
  /** Images delivered since midnight UTC. */
  readonly imagesToday: number;
  /** Thousandths, captured since midnight UTC. */
  readonly creditsToday: bigint;
  /** Thousandths, captured since the first of the month, UTC. */
  readonly creditsThisMonth: bigint;
}

/** What one API key has asked for; newest first, by id, so that rows of one moment keep an order. */
@Injectable()
export class UsageReader {
  constructor(private readonly database: Database) {}

  async usage({ accountId, apiKeyId, since, before, limit }: UsageRequest): Promise<UsagePage> {
    const from = firstIdAt(since.getTime());
    const [rows, [totals]] = await Promise.all([
      this.database.query<UsageItem>({
        name: 'usage_page',
        text: `SELECT id, status, operation, model, created_at AS "createdAt",
                      finished_at AS "finishedAt", captured, error ->> 'code' AS "errorCode"
                 FROM generations
                WHERE api_key_id = $1 AND account_id = $2 AND mode = 'live' AND id >= $3
                  AND ($4::uuid IS NULL OR id < $4)
                ORDER BY id DESC LIMIT $5`,
        values: [apiKeyId, accountId, from, before, limit + 1],
      }),
      this.database.query<{ requests: number; spent: bigint }>({
        name: 'usage_totals',
        text: `SELECT count(*)::int AS requests, coalesce(sum(captured), 0)::bigint AS spent
                 FROM generations
                WHERE api_key_id = $1 AND account_id = $2 AND mode = 'live' AND id >= $3`,
        values: [apiKeyId, accountId, from],
      }),
    ]);
    return {
      items: rows.slice(0, limit),
      hasMore: rows.length > limit,
      totalRequests: totals.requests,
      totalSpent: totals.spent,
    };
  }

  async keyCounters(keyId: string): Promise<KeyCounters> {
    const [row] = await this.database.query<KeyCounters>({
      name: 'key_counters',
      text: `SELECT in_flight AS "inFlight",
                    CASE WHEN day = today THEN images_day ELSE 0 END AS "imagesToday",
                    CASE WHEN day = today THEN credits_day ELSE 0 END AS "creditsToday",
                    CASE WHEN month = date_trunc('month', today)::date THEN credits_month ELSE 0
                    END AS "creditsThisMonth"
               FROM key_counters, (SELECT (now() AT TIME ZONE 'UTC')::date AS today) clock
              WHERE key_id = $1`,
      values: [keyId],
    });
    return row ?? { inFlight: 0, imagesToday: 0, creditsToday: 0n, creditsThisMonth: 0n };
  }
}
