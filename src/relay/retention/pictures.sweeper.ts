import { Injectable } from '@nestjs/common';
import { StoredObjects } from './stored-objects.js';
import type { Sweeper } from './sweeper.js';

/**
 * What is deleted can be asked for back for a day; what the operator took down
 * stays longer, since somebody may object or ask for evidence. An input
 * that still has its date when it is marked was never used: nobody misses it. A late result that has the same
 * object goes first.
 */
const DUE = `
SELECT a.id AS "assetId", a.account_id AS "accountId", false AS named FROM assets a
 WHERE a.id > $1 AND a.purged_at IS NULL
   AND (a.deleted_at IS NOT NULL OR a.removed_at IS NOT NULL)
   AND (a.deleted_at <= now() - interval '24 h'
        OR a.removed_at <= now() - interval '30 days'
        OR (a.deleted_at <= now() AND a.kind = 'input' AND a.expires_at IS NOT NULL))
   AND NOT EXISTS (SELECT 1 FROM late_results l WHERE l.asset_id = a.id)
 ORDER BY a.id LIMIT $2`;

const GONE = `
UPDATE assets SET purged_at = clock_timestamp()
 WHERE id = ANY ($1::uuid[]) AND purged_at IS NULL
   AND (deleted_at IS NOT NULL OR removed_at IS NOT NULL) RETURNING 1`;

/** Takes the bytes of deleted pictures; their rows stay, because the ledger adds them up. */
@Injectable()
export class PicturesSweeper implements Sweeper {
  readonly name = 'pictures';

  constructor(private readonly objects: StoredObjects) {}

  sweep(): Promise<number> {
    return this.objects.sweep({ due: DUE, gone: GONE });
  }
}
