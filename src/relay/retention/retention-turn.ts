import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { newId } from '../../common/ids.js';
import { Database } from '../../database/index.js';

const SETTING = 'retention_turn';
const NOBODY = 'nobody';

/** A process that died in its turn keeps the others waiting this long. */
const HELD_MS = 120_000;
const RENEW_AFTER_MS = 30_000;

/** From the end of one turn to the beginning of the next. */
export const REST_MS = 5 * 60_000;

/** Requests come first: sweeping leaves the database alone for this long after every batch. */
const PAUSE_MS = 50;

/**
 * The right to sweep, which one process of the cluster has at a time, by the
 * database's clock. Losing it by a long pause is harmless, since every sweep
 * is: it only keeps processes from doing the same work twice.
 *
 * The row in `settings` says who has it and until when (Unix ms). A time that
 * no process can have meant is a clock's mistake and binds nobody.
 */
@Injectable()
export class RetentionTurn {
  private readonly holder = newId();
  private readonly stopping = new AbortController();
  private renewedAt: number | null = null;
  private lost = false;

  constructor(private readonly database: Database) {}

  /** Aborted when the process stops. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  get stopped(): boolean {
    return this.signal.aborted;
  }

  /** Nothing more may be swept: the process stops, or another one has taken the turn. */
  get over(): boolean {
    return this.stopped || this.lost;
  }

  /** False: another process sweeps, or the last sweep was a moment ago. */
  async take(): Promise<boolean> {
    return !this.stopped && (await this.hold());
  }

  /** To be asked between batches; false: sweep no further. */
  async goOn(): Promise<boolean> {
    await delay(PAUSE_MS, undefined, { signal: this.signal }).catch(() => undefined);
    const due = this.renewedAt !== null && performance.now() - this.renewedAt >= RENEW_AFTER_MS;
    if (due && !this.over) await this.hold();
    return !this.over;
  }

  /** The next turn, whoever takes it, begins after a rest. */
  async end(): Promise<void> {
    this.renewedAt = null;
    await this.database.query({
      text: `UPDATE settings SET value = $3 || ' ' || ${msFromNow('$4')}
              WHERE key = $1 AND split_part(value, ' ', 1) = $2`,
      values: [SETTING, this.holder, NOBODY, REST_MS],
    });
  }

  /** Ends a pause at once; no batch begins afterwards. */
  stop(): void {
    this.stopping.abort();
  }

  private async hold(): Promise<boolean> {
    const rows = await this.database.query({
      text: `INSERT INTO settings AS s (key, value) VALUES ($1, $2 || ' ' || ${msFromNow('$3')})
             ON CONFLICT (key) DO UPDATE SET value = excluded.value
              WHERE split_part(s.value, ' ', 1) = $2
                 OR split_part(s.value, ' ', 2)::bigint
                    NOT BETWEEN ${msFromNow('0')} AND ${msFromNow('$4')}
             RETURNING 1`,
      values: [SETTING, this.holder, HELD_MS, Math.max(HELD_MS, REST_MS)],
    });
    this.lost = rows.length === 0;
    this.renewedAt = this.lost ? null : performance.now();
    return !this.lost;
  }
}

function msFromNow(ms: string): string {
  return `(extract(epoch FROM clock_timestamp()) * 1000 + ${ms})::bigint`;
}
