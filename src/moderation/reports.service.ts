import { Injectable } from '@nestjs/common';
import { notFound } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import { Database, type Tx } from '../database/index.js';

/** What somebody may have against an image. Operators sort by these: add, never rename. */
export const REPORT_REASONS = ['illegal', 'sexual', 'violence', 'person', 'copyright', 'other'];
/** Characters. */
export const MAX_NOTE = 1000;
/** Nobody reads more about one image; those beyond are not kept. */
const MAX_OPEN = 20;

export interface ImageReport {
  readonly id: string;
  readonly generationId: string;
  readonly reason: string;
  readonly note: string;
  readonly reportedAt: Date;
  readonly closedAt: Date | null;
}

/** What people say of images they saw, for the operator. */
@Injectable()
export class Reports {
  constructor(private readonly database: Database) {}

  /** Who says it is not kept. */
  async add(generationId: string, reason: string, note: string): Promise<void> {
    await this.database.query({
      name: 'image_reports_add',
      text: `INSERT INTO image_reports (id, generation_id, reason, note)
             SELECT $1, $2, $3, $4
              WHERE (SELECT count(*) FROM image_reports
                      WHERE generation_id = $2 AND closed_at IS NULL) < ${MAX_OPEN}`,
      values: [newId(), generationId, reason, note],
    });
  }

  /** Newest first. @param before only reports older than this id */
  list(isOpen: boolean, limit: number, before: string | null): Promise<ImageReport[]> {
    return this.database.query<ImageReport>({
      text: `SELECT id, generation_id AS "generationId", reason, note,
                    reported_at AS "reportedAt", closed_at AS "closedAt"
               FROM image_reports
              WHERE (closed_at IS NULL) = $1 AND ($3::uuid IS NULL OR id < $3)
              ORDER BY id DESC LIMIT $2`,
      values: [isOpen, limit, before],
    });
  }

  /** Safe to repeat. @throws DomainError `not_found` */
  async close(id: string): Promise<void> {
    const closed = isId(id)
      ? await this.database.query({
          text: `UPDATE image_reports SET closed_at = coalesce(closed_at, clock_timestamp())
                  WHERE id = $1 RETURNING id`,
          values: [id],
        })
      : [];
    if (closed.length === 0) throw notFound('report');
  }

  /** With a takedown there is nothing left to decide. */
  async closeAllOf(tx: Tx, generationId: string): Promise<void> {
    await tx.query({
      text: `UPDATE image_reports SET closed_at = clock_timestamp()
              WHERE generation_id = $1 AND closed_at IS NULL`,
      values: [generationId],
    });
  }
}
