import { Injectable } from '@nestjs/common';
import { newCapability } from '../../common/ids.js';
import { Database } from '../../database/index.js';
import type { Asset } from '../asset.js';
import { ASSET_COLUMNS, type AssetRow, toAsset } from '../assets.repository.js';
import type { ReceivedImage } from './received-image.js';

/**
 * How long an input waits for the generation that uses it. Accept takes the
 * date away; what keeps it is swept.
 */
const UNUSED_FOR = `interval '1 hour'`;
const POSTPONED = `CASE WHEN expires_at IS NOT NULL
  THEN greatest(expires_at, clock_timestamp() + ${UNUSED_FOR}) END`;

/**
 * Rows of the images that customers send. One account has one row per content,
 * which is what lets a re-upload reuse the object.
 *
 * @throws DatabaseUnavailableError
 */
@Injectable()
export class InputsRepository {
  constructor(private readonly database: Database) {}

  /** The operator took this content down, wherever it comes from. */
  async isBlocked(sha256: string): Promise<boolean> {
    const rows = await this.database.query({
      name: 'inputs_blocked',
      text: 'SELECT 1 FROM blocked_hashes WHERE sha256 = $1',
      values: [sha256],
    });
    return rows.length > 0;
  }

  /** The account's input of this content, safe from the sweeper for an hour; null without one. */
  async use(accountId: string, sha256: string): Promise<Asset | null> {
    const [row] = await this.database.query<AssetRow>({
      name: 'inputs_use',
      text: `UPDATE assets SET expires_at = ${POSTPONED}
              WHERE account_id = $1 AND sha256 = $2 AND kind = 'input'
                AND deleted_at IS NULL AND removed_at IS NULL
             RETURNING ${ASSET_COLUMNS}`,
      values: [accountId, sha256],
    });
    return row ? toAsset(row) : null;
  }

  /** Adds a row, or gives the one that another request has added in the meantime. */
  async add(accountId: string, { assetId, sha256, facts }: ReceivedImage): Promise<Asset> {
    const [row] = await this.database.query<AssetRow>({
      name: 'inputs_add',
      text: `INSERT INTO assets AS a (id, account_id, kind, sha256, media_type, width, height,
                                      bytes, visibility, link_token, expires_at)
             VALUES ($1, $2, 'input', $3, $4, $5, $6, $7, 'private', $8,
                     clock_timestamp() + ${UNUSED_FOR})
             ON CONFLICT (account_id, sha256)
               WHERE kind = 'input' AND deleted_at IS NULL AND removed_at IS NULL
               DO UPDATE SET expires_at = CASE WHEN a.expires_at IS NOT NULL
                               THEN greatest(a.expires_at, excluded.expires_at) END
             RETURNING ${ASSET_COLUMNS}`,
      values: [
        assetId,
        accountId,
        sha256,
        facts.mediaType,
        facts.width,
        facts.height,
        facts.bytes,
        newCapability(),
      ],
    });
    return toAsset(row);
  }

  /** An image of the account by its own id, safe from the sweeper for an hour. */
  async byId(accountId: string, assetId: string): Promise<Asset | null> {
    const [row] = await this.database.query<AssetRow>({
      name: 'inputs_by_id',
      text: `UPDATE assets
                SET expires_at = CASE kind WHEN 'input' THEN ${POSTPONED} ELSE expires_at END
              WHERE id = $2 AND account_id = $1 AND deleted_at IS NULL AND removed_at IS NULL
             RETURNING ${ASSET_COLUMNS}`,
      values: [accountId, assetId],
    });
    return row ? toAsset(row) : null;
  }

  /** The first image that a generation of the account delivered. */
  async firstOf(accountId: string, generationId: string): Promise<Asset | null> {
    const [row] = await this.database.query<AssetRow>({
      name: 'inputs_first_of',
      text: `SELECT ${ASSET_COLUMNS} FROM assets
              WHERE generation_id = $2 AND account_id = $1 AND kind = 'output'
                AND deleted_at IS NULL AND removed_at IS NULL
              ORDER BY ordinal LIMIT 1`,
      values: [accountId, generationId],
    });
    return row ? toAsset(row) : null;
  }
}
