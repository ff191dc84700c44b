import { Database } from '../../database/index.js';
import type { RetentionTurn } from './retention-turn.js';
import { BATCH_ROWS, BATCH_TIMEOUT_MS, MAX_BATCHES, type Sweeper } from './sweeper.js';

/** Which rows go, and how. */
export interface RowRule {
  readonly name: string;
  readonly table:
    'assets' | 'idempotency_keys' | 'rate_limits' | 'sessions' | 'throttles' | 'workers';
  /** SQL on alias `t`. Only `now()` may tell the time here: it can be looked up in an index. */
  readonly due: string;
  /** Mark the row instead of deleting it. */
  readonly set?: string;
}

/**
 * Everything that goes by one statement, in the order it is swept. Rows that are
 * locked are being used: they are left for the next run.
 */
export const ROW_RULES: readonly RowRule[] = [
  {
    name: 'expired_images',
    table: 'assets',
    due: 't.expires_at <= now() AND t.deleted_at IS NULL',
    set: 'deleted_at = clock_timestamp()',
  },
  {
    // What was being stored when its content was taken down. The day is for nodes that were away.
    name: 'blocked_images',
    table: 'assets',
    due: `t.removed_at IS NULL AND t.sha256 = ANY (ARRAY(
            SELECT b.sha256 FROM blocked_hashes b WHERE b.created_at > now() - interval '1 day'))`,
    set: 'removed_at = clock_timestamp()',
  },
  { name: 'idempotency_keys', table: 'idempotency_keys', due: 't.expires_at <= now()' },
  {
    // Their time is that of the nodes' clocks, in Unix ms.
    name: 'rate_limits',
    table: 'rate_limits',
    due: `t.expire < (extract(epoch FROM now() - interval '10 min') * 1000)::bigint`,
  },
  { name: 'throttles', table: 'throttles', due: 't.ends_at <= now()' },
  {
    // Of no use to anybody a day after their last use (sessions).
    name: 'sessions',
    table: 'sessions',
    due: `t.used_at < now() - interval '1 day' OR t.created_at < now() - interval '7 days'`,
  },
  {
    name: 'workers',
    table: 'workers',
    due: `t.lease_until < now() - interval '1 h' AND NOT EXISTS (
            SELECT 1 FROM generations g
             WHERE g.worker_id = t.id AND g.status IN ('pending', 'processing'))`,
  },
];

/** Applies one rule, batch by batch. */
export class RowSweeper implements Sweeper {
  private readonly text: string;

  constructor(
    private readonly rule: RowRule,
    private readonly database: Database,
    private readonly turn: RetentionTurn,
  ) {
    const { table, due, set } = rule;
    const action = set ? `UPDATE ${table} SET ${set}` : `DELETE FROM ${table}`;
    // By physical place: no plan can turn a batch into a walk over the whole table.
    this.text = `WITH gone AS (
      ${action} WHERE ctid = ANY (ARRAY(
        SELECT t.ctid FROM ${table} t WHERE ${due} LIMIT $1 FOR UPDATE OF t SKIP LOCKED))
      RETURNING 1) SELECT count(*)::int AS count FROM gone`;
  }

  get name(): string {
    return this.rule.name;
  }

  async sweep(): Promise<number> {
    let swept = 0;
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const [{ count }] = await this.database.query<{ count: number }>({
        text: this.text,
        values: [BATCH_ROWS],
        timeoutMs: BATCH_TIMEOUT_MS,
      });
      swept += count;
      if (count < BATCH_ROWS || !(await this.turn.goOn())) break;
    }
    return swept;
  }
}
