import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { Database, type Tx } from '../database/index.js';

/** Something that was done to somebody else's things, and cannot be undone by looking away. */
export interface AuditEntry {
  /** What was done. Operators search for these: add, never rename. */
  readonly action: 'generation.takedown' | 'account.password';
  /** Id of what it was done to. */
  readonly subject: string;
  /** Reasons, ids and counts; never a prompt, a secret or an address of a person. */
  readonly details: Readonly<Record<string, string | number | readonly string[]>>;
}

export interface AuditRecord extends AuditEntry {
  readonly id: string;
  readonly at: Date;
  /** Who did it: `operator`. */
  readonly actor: string;
}

/** What the operator did, for good: rows are only ever added (by trigger). */
@Injectable()
export class AuditLog {
  constructor(private readonly database: Database) {}

  /** Takes the transaction of what it records: neither happens without the other. */
  async record(tx: Tx, { action, subject, details }: AuditEntry): Promise<void> {
    await tx.query({
      text: `INSERT INTO audit_log (id, actor, action, subject, details)
             VALUES ($1, 'operator', $2, $3, $4)`,
      values: [newId(), action, subject, JSON.stringify(details)],
    });
  }

  /** Newest first. @param before only records older than this id */
  list(limit: number, before: string | null): Promise<AuditRecord[]> {
    return this.database.query<AuditRecord>({
      text: `SELECT id, at, actor, action, subject, details FROM audit_log
              WHERE $2::uuid IS NULL OR id < $2 ORDER BY id DESC LIMIT $1`,
      values: [limit, before],
    });
  }
}
