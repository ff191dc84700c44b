import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Database, isOutage } from '../database/index.js';
import { logger } from '../observability/logger.js';
import { setLedgerViolations } from '../observability/metrics.js';
import { LedgerCheck, type LedgerReport } from './ledger-check.js';

const EVERY_MS = 60_000;
const FULL_EVERY_MS = 24 * 60 * 60_000;
/** No transaction is open for longer, so none that the last check could not see began before that. */
const LONGEST_TRANSACTION_MS = 30_000;
const TURN = 'ledger_checked_at';
/** When a check last found nothing, and when all was last checked. */
const CLEAN = 'ledger_clean_at';
const FULL = 'ledger_fully_checked_at';

/**
 * Checks the ledger in the background, on one process of the cluster at a time,
 * so that a violation is a metric and a log line before it is a complaint: every
 * minute what has moved since all was well, once a day everything.
 */
@Injectable()
export class LedgerWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = logger('ledger');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly check: LedgerCheck,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), EVERY_MS / 4);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Checks when it is this process's turn. */
  async look(): Promise<void> {
    try {
      if (!(await this.takeTurn())) return;
      const { violations } = await this.checkWhatIsDue();
      setLedgerViolations(violations.reduce((sum, { count }) => sum + count, 0));
      for (const { rule, count, examples } of violations) {
        this.log.error('ledger violation', { rule, count, examples: examples.join(' ') });
      }
    } catch (error) {
      if (!isOutage(error)) this.log.error('the ledger could not be checked', { err: error });
    }
  }

  /** A violation is found again until somebody has mended it: what is checked begins before it. */
  private async checkWhatIsDue(): Promise<LedgerReport> {
    const clean = await this.mark(CLEAN);
    const full = await this.mark(FULL);
    const isFull = !clean || !full || Date.now() - full.getTime() >= FULL_EVERY_MS;
    const report = isFull
      ? await this.check.run()
      : await this.check.runSince(new Date(clean.getTime() - LONGEST_TRANSACTION_MS));
    if (report.ok) await this.setMarks(isFull ? [CLEAN, FULL] : [CLEAN], report.checkedAt);
    return report;
  }

  private async mark(key: string): Promise<Date | null> {
    const [row] = await this.database.query<{ at: Date }>({
      text: 'SELECT value::timestamptz AS at FROM settings WHERE key = $1',
      values: [key],
    });
    return row?.at ?? null;
  }

  private async setMarks(keys: readonly string[], at: Date): Promise<void> {
    await this.database.query({
      text: `INSERT INTO settings (key, value) SELECT unnest($1::text[]), $2
             ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      values: [keys, at.toISOString()],
    });
  }

  /** True for the one process that moves the date of the last check. */
  private async takeTurn(): Promise<boolean> {
    const rows = await this.database.query({
      text: `INSERT INTO settings AS s (key, value) VALUES ($1, clock_timestamp()::text)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value
              WHERE s.value::timestamptz < clock_timestamp() - $2 * interval '1 ms'
             RETURNING 1`,
      values: [TURN, EVERY_MS - 1_000],
    });
    return rows.length > 0;
  }
}
