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

  /**
   * Shows the prompt of an account's public generation on its page, or takes it away.
   *
   * @returns false for what is foreign, private or not there
   */
  async showPrompt(accountId: string, id: string, isShown: boolean): Promise<boolean> {
    if (!isId(id)) return false;
    const owned = await this.database.query({
      name: 'generation_owned_public',
      text: `SELECT 1 FROM generations
              WHERE id = $1 AND account_id = $2 AND visibility = 'public'`,
      values: [id, accountId],
    });
    if (owned.length === 0) return false;
    await this.database.query({
      name: isShown ? 'shown_prompts_add' : 'shown_prompts_remove',
      text: isShown
        ? 'INSERT INTO shown_prompts (generation_id) VALUES ($1) ON CONFLICT DO NOTHING'
        : 'DELETE FROM shown_prompts WHERE generation_id = $1',
      values: [id],
    });
    return true;
  }

  /** Those of the ids whose prompt is shown. */
  async shownOf(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.database.query<{ id: string }>({
      name: 'shown_prompts_of',
      text: 'SELECT generation_id AS id FROM shown_prompts WHERE generation_id = ANY ($1::uuid[])',
      values: [ids],
    });
    return new Set(rows.map(({ id }) => id));
  }
}
