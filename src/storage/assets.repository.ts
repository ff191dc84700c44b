import { Injectable } from '@nestjs/common';
import { newCapability } from '../common/ids.js';
import { Database } from '../database/index.js';
import type { Asset } from './asset.js';

/** Columns of an asset, as `ASSET_COLUMNS` selects them. */
export interface AssetRow {
  readonly id: string;
  readonly account_id: string;
  readonly generation_id: string | null;
  readonly ordinal: number;
  readonly kind: Asset['kind'];
  readonly sha256: string;
  readonly media_type: Asset['mediaType'];
  readonly width: number;
  readonly height: number;
  readonly bytes: bigint;
  readonly visibility: Asset['visibility'];
  readonly credits: bigint;
  readonly link_token: string;
  readonly link_issued_at: Date;
  readonly source_url: string | null;
  readonly created_at: Date;
  readonly deleted_at: Date | null;
  readonly removed_at: Date | null;
}

export const ASSET_COLUMNS = `id, account_id, generation_id, ordinal, kind, sha256, media_type, width, height,
  bytes, visibility, credits, link_token, link_issued_at, source_url, created_at, deleted_at, removed_at`;

/**
 * Reads the rows of stored images and changes their links. Rows of outputs are
 * written by settle alone, together with the money (design §2).
 *
 * @throws DatabaseUnavailableError
 */
@Injectable()
export class AssetsRepository {
  constructor(private readonly database: Database) {}

  /** A generation's delivered images in ordinal order. */
  async byGeneration(generationId: string): Promise<readonly Asset[]> {
    return (await this.byGenerations([generationId])).get(generationId) ?? [];
  }

  /** Delivered images of several generations; one without images has no entry. */
  async byGenerations(generationIds: readonly string[]): Promise<Map<string, Asset[]>> {
    const rows = await this.database.query<AssetRow>({
      name: 'assets_by_generations',
      text: `SELECT ${ASSET_COLUMNS} FROM assets
              WHERE generation_id = ANY ($1::uuid[]) AND kind = 'output' ORDER BY ordinal`,
      values: [generationIds],
    });
    const images = new Map<string, Asset[]>();
    for (const row of rows) {
      const id = row.generation_id ?? '';
      const siblings = images.get(id);
      if (siblings) siblings.push(toAsset(row));
      else images.set(id, [toAsset(row)]);
    }
    return images;
  }

  /** @returns null for a token that never was or was replaced. */
  async byLinkToken(token: string): Promise<Asset | null> {
    const [row] = await this.database.query<AssetRow>({
      name: 'assets_by_link_token',
      text: `SELECT ${ASSET_COLUMNS} FROM assets WHERE link_token = $1`,
      values: [token],
    });
    return row ? toAsset(row) : null;
  }

  /**
   * Gives an image a new link; the old one answers 404 from now on.
   *
   * @param onlyIf replace this token and no other, so that of several at once
   * one wins and all get its link
   * @returns the image as it is afterwards, or null when there is no such row
   */
  async rotateLink(assetId: string, onlyIf?: string): Promise<Asset | null> {
    const [rotated] = await this.database.query<AssetRow>({
      name: 'assets_rotate_link',
      text: `UPDATE assets SET link_token = $2, link_issued_at = clock_timestamp()
              WHERE id = $1 AND ($3::text IS NULL OR link_token = $3) RETURNING ${ASSET_COLUMNS}`,
      values: [assetId, newCapability(), onlyIf ?? null],
    });
    return rotated ? toAsset(rotated) : await this.byId(assetId);
  }

  private async byId(assetId: string): Promise<Asset | null> {
    const [row] = await this.database.query<AssetRow>({
      name: 'assets_by_id',
      text: `SELECT ${ASSET_COLUMNS} FROM assets WHERE id = $1`,
      values: [assetId],
    });
    return row ? toAsset(row) : null;
  }
}

export function toAsset(row: AssetRow): Asset {
  return {
    assetId: row.id,
    accountId: row.account_id,
    generationId: row.generation_id,
    ordinal: row.ordinal,
    kind: row.kind,
    sha256: row.sha256,
    mediaType: row.media_type,
    width: row.width,
    height: row.height,
    bytes: Number(row.bytes),
    visibility: row.visibility,
    credits: row.credits,
    linkToken: row.link_token,
    linkIssuedAt: row.link_issued_at,
    sourceUrl: row.source_url,
    createdAt: row.created_at,
    deletedAt: row.deleted_at,
    removedAt: row.removed_at,
  };
}
