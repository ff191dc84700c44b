import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { Database } from '../database/index.js';

/** So many tries in so many seconds, from the first of them on. */
export interface ThrottleRule {
  readonly tries: number;
  readonly seconds: number;
}

/** What is enough to compare with any rule. */
const MOST_COUNTED = 1_000_000;

/**
 * Counts what strangers may try, in the database and by its clock: for all
 * processes together, and each try before it is made, so that none slips in beside
 * others.
 */
@Injectable()
export class Throttle {
  constructor(private readonly database: Database) {}

  /** @throws DomainError `rate_limit_exceeded` for a try beyond the rule */
  async take(subject: string, { tries, seconds }: ThrottleRule): Promise<void> {
    const [row] = await this.database.query<{ tries: number; left: number }>({
      name: 'throttle_take',
      text: `INSERT INTO throttles AS t (subject, tries, ends_at)
             VALUES ($1, 1, clock_timestamp() + make_interval(secs => $2))
             ON CONFLICT (subject) DO UPDATE
                SET tries = CASE WHEN t.ends_at <= clock_timestamp() THEN 1
                                 ELSE least(t.tries + 1, ${MOST_COUNTED}) END,
                    ends_at = CASE WHEN t.ends_at <= clock_timestamp() THEN excluded.ends_at
                                   ELSE t.ends_at END
             RETURNING tries,
               greatest(1, ceil(extract(epoch FROM ends_at - clock_timestamp())))::int AS left`,
      values: [subject, seconds],
    });
    if (row.tries <= tries) return;
    const minutes = Math.ceil(row.left / 60);
    throw new DomainError(
      'rate_limit_exceeded',
      `That were too many tries. Please come back in ${minutes} minute${minutes > 1 ? 's' : ''}.`,
      { retryAfterSeconds: row.left },
    );
  }

  async forget(subject: string): Promise<void> {
    await this.database.query({
      name: 'throttle_forget',
      text: 'DELETE FROM throttles WHERE subject = $1',
      values: [subject],
    });
  }
}
