import { Injectable } from '@nestjs/common';
import { type Tx, UnitOfWork } from '../database/index.js';
import { INCREMENT_RULES } from './ledger-increment.js';
import { RULES } from './ledger-rules.js';

export interface Violation {
  /** The broken rule, as docs/ledger.md names it. */
  readonly rule: string;
  /** How many rows break it. */
  readonly count: number;
  /** Up to five of their ids. */
  readonly examples: readonly string[];
}

export interface LedgerReport {
  readonly ok: boolean;
  /** By the database's clock, when the snapshot was taken. */
  readonly checkedAt: Date;
  readonly violations: readonly Violation[];
}

const CHECK_TIMEOUT_MS = 120_000;

/** Verifies the ledger's invariants from SQL alone, in one snapshot, while work goes on (design §3). */
@Injectable()
export class LedgerCheck {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Everything there is. */
  run(): Promise<LedgerReport> {
    return this.judge(RULES, []);
  }

  /**
   * What has moved since a check that found nothing. Journal lines never change,
   * so with all of them right until then, right lines since prove the whole. What
   * somebody altered by hand without a line shows in the full check, or as soon as
   * its account moves.
   *
   * @param since begin of what is checked; earlier than the last check's
   * `checkedAt` by the longest transaction there may be
   */
  runSince(since: Date): Promise<LedgerReport> {
    return this.judge(INCREMENT_RULES, [since]);
  }

  private judge(
    rules: Readonly<Record<string, string>>,
    values: readonly unknown[],
  ): Promise<LedgerReport> {
    return this.unitOfWork.run(
      async (tx) => {
        const [{ now }] = await tx.query<{ now: Date }>({
          text: 'SELECT clock_timestamp() AS now',
        });
        const violations: Violation[] = [];
        for (const [rule, rows] of Object.entries(rules)) {
          violations.push(...(await findings(tx, rule, rows, values)));
        }
        return { ok: violations.length === 0, checkedAt: now, violations };
      },
      { snapshot: true, statementMs: CHECK_TIMEOUT_MS },
    );
  }
}

async function findings(
  tx: Tx,
  rule: string,
  rows: string,
  values: readonly unknown[],
): Promise<Violation[]> {
  const [{ count, examples }] = await tx.query<{ count: number; examples: string[] | null }>({
    text: `SELECT count(*)::int AS count, (array_agg(id::text))[1:5] AS examples
             FROM (${rows}) broken`,
    values: rows.includes('$1') ? values : [],
  });
  return count > 0 ? [{ rule, count, examples: examples ?? [] }] : [];
}
