import { Injectable } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import { DomainError, notFound } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import { ChangeFeed, type Tx, UnitOfWork } from '../database/index.js';
import { BlockedHashes } from '../storage/index.js';
import { Reports } from './reports.service.js';

/** What a takedown has come to; the same when it is repeated. */
export interface Takedown {
  readonly generationId: string;
  /** Of its images, lower-case hex. */
  readonly sha256: readonly string[];
  /** Images with these bytes, whoever's they are: all of them answer 410. */
  readonly images: number;
  readonly at: Date;
}

/** Removes content for good: its bytes are given out nowhere and taken in nowhere again. */
@Injectable()
export class Takedowns {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly blocked: BlockedHashes,
    private readonly audit: AuditLog,
    private readonly reports: Reports,
    private readonly changes: ChangeFeed,
  ) {}

  /**
   * The images of a generation, and every other image of the same bytes. What it
   * was charged stays charged: a refund is another decision.
   *
   * @throws DomainError `not_found`; `conflict` for a generation without images
   */
  async takeDown(generationId: string, reason: string): Promise<Takedown> {
    if (!isId(generationId)) throw notFound('generation');
    const done = await this.unitOfWork.run(async (tx) => {
      const hashes = await hashesOf(tx, generationId);
      await this.blocked.add(tx, hashes, reason);
      await this.reports.closeAllOf(tx, generationId);
      const marked = await mark(tx, hashes);
      if (marked > 0) {
        const details = { reason, images: marked, sha256: hashes };
        await this.audit.record(tx, {
          action: 'generation.takedown',
          subject: generationId,
          details,
        });
      }
      return stateOf(tx, generationId, hashes);
    });
    await this.changes.poll();
    return done;
  }
}

async function hashesOf(tx: Tx, generationId: string): Promise<string[]> {
  const [generation] = await tx.query<{ status: string }>({
    text: 'SELECT status FROM generations WHERE id = $1',
    values: [generationId],
  });
  if (!generation) throw notFound('generation');
  if (generation.status !== 'succeeded') {
    throw new DomainError('conflict', `A generation that is ${generation.status} has no images.`);
  }
  const rows = await tx.query<{ sha256: string }>({
    text: `SELECT DISTINCT sha256 FROM assets
            WHERE generation_id = $1 AND kind = 'output' ORDER BY sha256`,
    values: [generationId],
  });
  return rows.map(({ sha256 }) => sha256);
}

/** In the order of ids, so that two takedowns of the same content queue. */
async function mark(tx: Tx, hashes: readonly string[]): Promise<number> {
  const [{ count }] = await tx.query<{ count: number }>({
    text: `WITH same AS (
             SELECT id FROM assets WHERE sha256 = ANY ($1) AND removed_at IS NULL
              ORDER BY id FOR UPDATE),
           marked AS (
             UPDATE assets a SET removed_at = clock_timestamp() FROM same
              WHERE a.id = same.id AND a.removed_at IS NULL RETURNING 1)
           SELECT count(*)::int AS count FROM marked`,
    values: [hashes],
  });
  return count;
}

async function stateOf(tx: Tx, generationId: string, sha256: readonly string[]): Promise<Takedown> {
  const [{ images, at }] = await tx.query<{ images: number; at: Date }>({
    text: `SELECT count(*)::int AS images,
                  min(removed_at) FILTER (WHERE generation_id = $2) AS at
             FROM assets WHERE sha256 = ANY ($1) AND removed_at IS NOT NULL`,
    values: [sha256, generationId],
  });
  return { generationId, sha256, images, at };
}
