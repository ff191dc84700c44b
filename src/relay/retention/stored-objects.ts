import { Injectable } from '@nestjs/common';
import { Database } from '../../database/index.js';
import { logger } from '../../observability/logger.js';
import { AssetStore, type BlobKey, StorageHealth } from '../../storage/index.js';
import { RetentionTurn } from './retention-turn.js';
import { BATCH_TIMEOUT_MS, BEFORE_ALL_IDS, MAX_BATCHES } from './sweeper.js';

/** Each is a call to the store: a batch of them is to take about a second. */
const BATCH_OBJECTS = 100;
const AT_ONCE = 8;

/** An object that may have to go, as a query of a sweeper finds it. */
export interface DueObject extends BlobKey {
  /** Another row names the object: only the sweeper's own row goes. */
  readonly named: boolean;
}

/** One sweep over objects and their rows. */
export interface ObjectRule {
  /** Answers `DueObject`s in asset id order: those above $1, at most $2. */
  readonly due: string;
  /** Notes that the objects of the asset ids $1 are gone; answers one row for each. */
  readonly gone: string;
}

/**
 * Removes objects from the store, and what names them only afterwards: a crash
 * in between leaves a row whose object is removed once more, never an object
 * that nobody remembers.
 */
@Injectable()
export class StoredObjects {
  private readonly log = logger('retention');

  constructor(
    private readonly database: Database,
    private readonly store: AssetStore,
    private readonly health: StorageHealth,
    private readonly turn: RetentionTurn,
  ) {}

  /**
   * A store that is not this database's, or an empty folder where the disk is not
   * mounted, would take every removal for done.
   */
  async isInOrder(): Promise<boolean> {
    const { ok, reason } = await this.health.check();
    if (!ok) this.log.warn('objects are not swept: the store is not in order', { reason });
    return ok;
  }

  /** @returns how many rows were noted as gone */
  async sweep({ due, gone }: ObjectRule): Promise<number> {
    let swept = 0;
    let after = BEFORE_ALL_IDS;
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      const found = await this.database.query<DueObject>({
        text: due,
        values: [after, BATCH_OBJECTS],
        timeoutMs: BATCH_TIMEOUT_MS,
      });
      if (found.length === 0 || !(await this.isInOrder())) break;
      const removed = await this.removeAll(found);
      swept += (await this.database.query({ text: gone, values: [removed] })).length;
      if (removed.length === 0 || found.length < BATCH_OBJECTS) break;
      if (!(await this.turn.goOn())) break;
      after = found[found.length - 1].assetId;
    }
    return swept;
  }

  /** One object that cannot be removed is tried again by the next run and holds up no other. */
  private async removeAll(found: readonly DueObject[]): Promise<string[]> {
    const removed: string[] = [];
    const queue = found.values();
    const work = async () => {
      for (const { accountId, assetId, named } of queue) {
        if (this.turn.stopped) return;
        try {
          if (!named) await this.store.remove({ accountId, assetId });
          removed.push(assetId);
        } catch (error) {
          this.log.warn('an object could not be removed', { assetId, err: error });
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return removed;
  }
}
