import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Database, isOutage } from '../database/index.js';
import { logger } from '../observability/logger.js';
import { setLedgerViolations } from '../observability/metrics.js';
import { LedgerCheck } from './ledger-check.js';

const EVERY_MS = 5 * 60_000;
const TURN = 'ledger_checked_at';

/**
 * Checks the ledger in the background, on one process of the cluster at a time,
 * so that a violation is a metric and a log line before it is a complaint.
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
    this.timer = setInterval(() => void this.look(), EVERY_MS / 5);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Checks when it is this process's turn. */
  async look(): Promise<void> {
    try {
      if (!(await this.takeTurn())) return;
      const { violations } = await this.check.run();
      setLedgerViolations(violations.reduce((sum, { count }) => sum + count, 0));
      for (const { rule, count, examples } of violations) {
        this.log.error('ledger violation', { rule, count, examples: examples.join(' ') });
      }
    } catch (error) {
      if (!isOutage(error)) this.log.error('the ledger could not be checked', { err: error });
    }
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
