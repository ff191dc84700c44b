import { Injectable } from '@nestjs/common';
import { isId } from '../common/ids.js';
import { Database } from '../database/index.js';
import { type Asset, AssetsRepository } from '../storage/index.js';

/** A generation as everybody may see it who has its address. */
export interface SharedImages {
  readonly id: string;
  /** Catalog name. */
  readonly model: string;
  readonly createdAt: Date;
  /** Null unless the owner shows it, or when it is no longer kept. */
  readonly prompt: string | null;
  /** In ordinal order, at least one. */
  readonly images: readonly Asset[];
}

interface SharedRow {
  readonly id: string;
  readonly model: string;
  readonly createdAt: Date;
  readonly prompt: string | null;
}

/** Generations that their owners have made public. */
@Injectable()
export class SharedGenerations {
  constructor(
    private readonly database: Database,
    private readonly assets: AssetsRepository,
  ) {}

  /**
   * What is private, has not succeeded, has lost its images or never was looks
   * alike: null. Only what was public says that the operator took it down.
   */
  async find(id: string): Promise<SharedImages | 'removed' | null> {
    if (!isId(id)) return null;
    const [row] = await this.database.query<SharedRow>({
      name: 'generation_shared',
      text: `SELECT g.id, g.model, g.created_at AS "createdAt",
                    CASE WHEN s.generation_id IS NOT NULL
                         THEN nullif(i.request ->> 'prompt', '') END AS prompt
               FROM generations g
               JOIN generation_inputs i ON i.generation_id = g.id
               LEFT JOIN shown_prompts s ON s.generation_id = g.id
              WHERE g.id = $1 AND g.visibility = 'public' AND g.status = 'succeeded'`,
      values: [id],
    });
    if (!row) return null;
    const images = await this.assets.byGeneration(id);
    if (images.some(({ removedAt }) => removedAt !== null)) return 'removed';
    const left = images.filter(({ deletedAt }) => deletedAt === null);
    return left.length > 0 ? { ...row, images: left } : null;
  }
}
