import { Injectable } from '@nestjs/common';
import { toWireCredits } from '../common/credits.js';
import { Database } from '../database/index.js';
import type { StatsDto } from './stats.dto.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** A day's generations of a busy server are counted in well under this. */
const TIMEOUT_MS = 4_000;

interface Totals {
  readonly accounts: bigint;
  readonly apiKeys: bigint;
  readonly available: bigint;
  readonly held: bigint;
  readonly inFlight: bigint;
}

interface Day {
  readonly generations: bigint;
  readonly succeeded: bigint;
  readonly failed: bigint;
  readonly images: bigint;
  readonly captured: bigint;
}

/** Sums for the operator. Reads whatever partitions the last day lies in, nothing older. */
@Injectable()
export class StatsReader {
  constructor(private readonly database: Database) {}

  async read(): Promise<StatsDto> {
    const [[totals], [day]] = await Promise.all([
      this.database.query<Totals>({ text: TOTALS, timeoutMs: TIMEOUT_MS }),
      this.database.query<Day>({
        text: LAST_DAY,
        values: [firstIdOf(Date.now() - DAY_MS)],
        timeoutMs: TIMEOUT_MS,
      }),
    ]);
    const { available, held } = totals;
    return {
      accounts: Number(totals.accounts),
      apiKeys: Number(totals.apiKeys),
      credits: { available: toWireCredits(available), held: toWireCredits(held) },
      inFlight: Number(totals.inFlight),
      lastDay: {
        generations: Number(day.generations),
        succeeded: Number(day.succeeded),
        failed: Number(day.failed),
        images: Number(day.images),
        captured: toWireCredits(day.captured),
      },
    };
  }
}

/** Ids sort by time: no UUIDv7 made at or after this moment is smaller. */
function firstIdOf(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

const TOTALS = `
SELECT (SELECT count(*) FROM accounts) AS accounts,
       (SELECT count(*) FROM api_keys
         WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())) AS "apiKeys",
       (SELECT coalesce(sum(available), 0)::bigint FROM credit_accounts) AS available,
       (SELECT coalesce(sum(held), 0)::bigint FROM credit_accounts) AS held,
       (SELECT count(*) FROM generations WHERE status IN ('pending', 'processing')) AS "inFlight"`;

const LAST_DAY = `
SELECT count(*) AS generations,
       count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
       count(*) FILTER (WHERE status = 'failed') AS failed,
       coalesce(sum(images), 0)::bigint AS images,
       coalesce(sum(captured), 0)::bigint AS captured
  FROM generations WHERE id >= $1`;
