import { Injectable } from '@nestjs/common';
import { StoredObjects } from './stored-objects.js';
import type { Sweeper } from './sweeper.js';

const DUE = `
SELECT l.asset_id AS "assetId", l.account_id AS "accountId",
       EXISTS (SELECT 1 FROM assets a WHERE a.id = l.asset_id AND a.purged_at IS NULL) AS named
  FROM late_results l
 WHERE l.expires_at <= now() AND l.asset_id > $1 ORDER BY l.asset_id LIMIT $2`;

const GONE = `
DELETE FROM late_results WHERE asset_id = ANY ($1::uuid[]) AND expires_at <= now() RETURNING 1`;

/** Removes pictures that came too late to be charged, and their rows, after their week. */
@Injectable()
export class LateResultsSweeper implements Sweeper {
  readonly name = 'late_results';

  constructor(private readonly objects: StoredObjects) {}

  sweep(): Promise<number> {
    return this.objects.sweep({ due: DUE, gone: GONE });
  }
}
