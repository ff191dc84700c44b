import { Injectable } from '@nestjs/common';
import type { Millicredits } from '../common/credits.js';
import { Database } from '../database/index.js';

/** What customers see of the journal; a capture moves nothing of theirs. */
export type StatementKind = 'grant' | 'hold' | 'release' | 'refund' | 'adjustment';

export interface StatementLine {
  readonly id: string;
  readonly kind: StatementKind;
  /** Thousandths; negative when it went out. */
  readonly amount: Millicredits;
  readonly generationId: string | null;
  readonly createdAt: Date;
}

export interface StatementPage {
  readonly lines: readonly StatementLine[];
  /** Of the whole statement. */
  readonly total: number;
}

/** Every how many lines there is one with an index entry (migration `Pages`). */
const MILESTONE = 64n;

/**
 * An account, the newest line of the page, the milestone at or above it, the number
 * of lines. The line is compared outside: a planner that counted on it would rather
 * read the whole journal than walk down the index from the milestone.
 */
export const STATEMENT_PAGE = `
SELECT e.id, e.kind, e.available_delta AS amount, e.generation_id AS "generationId",
       e.created_at AS "createdAt"
  FROM (SELECT * FROM credit_entries n
         WHERE n.account_id = $1 AND n.kind <> 'capture'
           AND n.seq <= coalesce((SELECT m.seq FROM credit_entries m
                                   WHERE m.account_id = $1 AND m.statement_line = $3
                                     AND m.statement_line % 64 = 0 AND m.kind <> 'capture'),
                                 9223372036854775807)
         ORDER BY n.seq DESC LIMIT $4::bigint + 64) e
 WHERE e.statement_line <= $2
 ORDER BY e.seq DESC LIMIT $4`;

/**
 * An account's statement, newest first. Lines are numbered as they are written,
 * so a page costs the same wherever it is.
 */
@Injectable()
export class StatementReader {
  constructor(private readonly database: Database) {}

  async page(accountId: string, offset: number, limit: number): Promise<StatementPage> {
    const [account] = await this.database.query<{ lines: bigint }>({
      name: 'statement_lines',
      text: 'SELECT statement_lines AS lines FROM credit_accounts WHERE account_id = $1',
      values: [accountId],
    });
    const total = account?.lines ?? 0n;
    const newest = total - BigInt(offset);
    if (newest <= 0n) return { lines: [], total: Number(total) };
    const milestone = ((newest + MILESTONE - 1n) / MILESTONE) * MILESTONE;
    const lines = await this.database.query<StatementLine>({
      name: 'statement_page',
      text: STATEMENT_PAGE,
      values: [accountId, newest, milestone, limit],
    });
    return { lines, total: Number(total) };
  }
}
