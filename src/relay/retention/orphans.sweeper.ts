import { Injectable } from '@nestjs/common';
import { Database } from '../../database/index.js';
import { AssetStore } from '../../storage/index.js';
import { RetentionTurn } from './retention-turn.js';
import { StoredObjects } from './stored-objects.js';
import { BATCH_TIMEOUT_MS, type Sweeper } from './sweeper.js';

const SETTING = 'retention_orphans';
const PAGE_OBJECTS = 1_000;
/** Of one run; the next one goes on where it stopped. */
const MAX_PAGES = 50;

/** How far the walk through the store has come. */
interface Walk {
  /** Place in the store; empty: at its beginning. */
  readonly after: string;
  /** It ended less than a day ago: there is no need for another yet. */
  readonly rests: boolean;
}

/**
 * An object belongs to somebody as long as a row of its account names it. A row
 * whose object was purged does not count: what came back from a copy of the
 * folder goes again.
 */
const NAMED = (alias: string) => `(
  EXISTS (SELECT 1 FROM assets a WHERE a.id = ${alias}.asset_id
           AND a.account_id = ${alias}.account_id AND a.purged_at IS NULL)
  OR EXISTS (SELECT 1 FROM late_results l WHERE l.asset_id = ${alias}.asset_id
              AND l.account_id = ${alias}.account_id))`;

const NOTE_UNNAMED = `
INSERT INTO orphan_objects (account_id, asset_id)
SELECT o.account_id, o.asset_id
  FROM unnest($1::uuid[], $2::uuid[]) AS o(account_id, asset_id) WHERE NOT ${NAMED('o')}
ON CONFLICT DO NOTHING`;

const FORGET_NAMED = `
DELETE FROM orphan_objects o WHERE o.seen_at <= now() - interval '24 h' AND ${NAMED('o')}`;

/**
 * Not before every generation has ended that was accepted before the object was
 * seen: until then a settlement, even one that an outage has held up for days,
 * may still name it.
 */
const DUE = `
SELECT o.asset_id AS "assetId", o.account_id AS "accountId", false AS named
  FROM orphan_objects o
 WHERE o.asset_id > $1 AND o.seen_at <= now() - interval '24 h' AND NOT ${NAMED('o')}
   AND NOT EXISTS (SELECT 1 FROM generations g
                    WHERE g.account_id = o.account_id AND g.status IN ('pending', 'processing')
                      AND g.created_at <= o.seen_at)
 ORDER BY o.asset_id LIMIT $2`;

const GONE = `DELETE FROM orphan_objects WHERE asset_id = ANY ($1::uuid[]) RETURNING 1`;

/**
 * Finds objects that no row names, left by a crash between storing and settling,
 * and removes them when they have been without one for a day. Their age is
 * counted from when they were first seen, by the database's clock: neither a
 * node's clock nor a file's date can make a picture that is being settled look old.
 */
@Injectable()
export class OrphansSweeper implements Sweeper {
  readonly name = 'orphans';

  constructor(
    private readonly database: Database,
    private readonly store: AssetStore,
    private readonly objects: StoredObjects,
    private readonly turn: RetentionTurn,
  ) {}

  async sweep(): Promise<number> {
    if (!(await this.objects.isInOrder())) return 0;
    const { after, rests } = await this.readWalk();
    if (!rests) await this.walk(after);
    await this.database.query({ text: FORGET_NAMED, timeoutMs: BATCH_TIMEOUT_MS });
    return await this.objects.sweep({ due: DUE, gone: GONE });
  }

  /** Looks at the next pages of the store, and keeps its place after each. */
  private async walk(start: string): Promise<void> {
    let after: string | null = start;
    for (let page = 0; page < MAX_PAGES && after !== null; page += 1) {
      const { keys, next } = await this.store.list(after, PAGE_OBJECTS);
      await this.database.query({
        text: NOTE_UNNAMED,
        values: [keys.map(({ accountId }) => accountId), keys.map(({ assetId }) => assetId)],
        timeoutMs: BATCH_TIMEOUT_MS,
      });
      await this.keepPlace(next);
      after = next;
      if (!(await this.turn.goOn())) return;
    }
  }

  private async readWalk(): Promise<Walk> {
    const [row] = await this.database.query<Walk>({
      text: `SELECT coalesce(w.place ->> 'after', '') AS after,
                    w.place ->> 'after' IS NULL AND (w.place ->> 'at')::timestamptz
                      BETWEEN now() - interval '24 h' AND now() + interval '1 min' AS rests
               FROM (SELECT value::jsonb AS place FROM settings WHERE key = $1) w`,
      values: [SETTING],
    });
    return row ?? { after: '', rests: false };
  }

  /** @param after null: the walk has come to its end */
  private async keepPlace(after: string | null): Promise<void> {
    await this.database.query({
      text: `INSERT INTO settings (key, value)
             VALUES ($1, jsonb_build_object('after', $2::text, 'at', clock_timestamp())::text)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      values: [SETTING, after],
    });
  }
}
