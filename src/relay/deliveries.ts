import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database, isOutage } from '../database/index.js';
import { logger } from '../observability/logger.js';
import { WorkerLease } from './worker-lease.js';

/** Pauses between tries to note a lost answer; then only the end of this process's lease tells of it. */
const RETRY_MS = [50, 200, 500, 1_000, 2_000];
/** A new request waits this long for what is still being noted: it may be the repeat. As long as a statement may take. */
const PATIENCE_MS = 1_500;
const MAX_DELIVERY = 2 ** 31 - 1;

/**
 * What became of the answers that this process owes (design §2, joining). An
 * answer that arrives is never written down; a lost one is, in passing.
 */
@Injectable()
export class Deliveries {
  private readonly log = logger('deliveries');
  private readonly writing = new Set<Promise<void>>();
  private last = 0;

  constructor(
    private readonly database: Database,
    private readonly lease: WorkerLease,
  ) {}

  /** Names one answer among those of this process. */
  next(): number {
    this.last = (this.last + 1) % MAX_DELIVERY;
    return this.last;
  }

  /** The answer did not arrive: the next equal request may have it. Returns at once. */
  lost(id: string, delivery: number): void {
    this.write(
      'relay_undelivered',
      `UPDATE generations SET undelivered = true
        WHERE id = $1 AND delivery = $3 AND (waiter_id = $2 OR waiter_id IS NULL)
          AND NOT undelivered`,
      [id, delivery],
    );
  }

  /** The caller knows the id: from here on the end of this process loses nothing. Returns at once. */
  handedOver(id: string, delivery: number): void {
    this.write(
      'relay_handed_over',
      `UPDATE generations SET waiter_id = NULL
        WHERE id = $1 AND delivery = $3 AND waiter_id = $2`,
      [id, delivery],
    );
  }

  /** Resolves when what was lost up to now is noted, or after a second and a half. */
  async settled(): Promise<void> {
    if (this.writing.size === 0) return;
    await Promise.race([Promise.all(this.writing), sleep(PATIENCE_MS, undefined, { ref: false })]);
  }

  private write(name: string, text: string, [id, delivery]: readonly [string, number]): void {
    const values = [id, this.lease.workerId, delivery];
    const written = this.persist({ name, text, values })
      .catch((err: unknown) => {
        this.log.warn('the fate of an answer could not be noted', { generationId: id, err });
      })
      .finally(() => this.writing.delete(written));
    this.writing.add(written);
  }

  private async persist(sql: Parameters<Database['query']>[0]): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        await this.database.query(sql);
        return;
      } catch (error) {
        if (!isOutage(error) || tries === RETRY_MS.length) throw error;
        await sleep(RETRY_MS[tries], undefined, { ref: false });
      }
    }
  }
}
