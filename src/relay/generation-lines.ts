import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import type { Generation } from './generation.js';
import { GenerationReader } from './generation-reader.js';

export interface GenerationLinesPage {
  readonly generations: readonly Generation[];
  /** Of all pages. */
  readonly total: number;
}

/** An account, a surface, how many lines to skip, how many to find. */
export const LINES_PAGE = `
SELECT last.line AS total, page.generation_id AS id
  FROM (SELECT coalesce(max(line), 0) AS line FROM generation_lines
         WHERE account_id = $1 AND surface = $2) last
  LEFT JOIN LATERAL (
       SELECT l.line, l.generation_id FROM generation_lines l
        WHERE l.account_id = $1 AND l.surface = $2 AND l.line <= last.line - $3::bigint
        ORDER BY l.line DESC LIMIT $4) page ON true
 ORDER BY page.line DESC`;

/**
 * What a surface that lists by offset has delivered to an account, last delivered
 * first. Deliveries are numbered as they are settled, so a page costs the same
 * wherever it is.
 */
@Injectable()
export class GenerationLines {
  constructor(
    private readonly database: Database,
    private readonly reader: GenerationReader,
  ) {}

  async page(
    accountId: string,
    surface: string,
    { offset, limit }: { readonly offset: number; readonly limit: number },
  ): Promise<GenerationLinesPage> {
    const rows = await this.database.query<{ total: bigint; id: string | null }>({
      name: 'generation_lines_page',
      text: LINES_PAGE,
      values: [accountId, surface, offset, limit],
    });
    const ids = rows.map(({ id }) => id).filter((id) => id !== null);
    const byId = new Map((await this.reader.ended(ids)).map((found) => [found.id, found]));
    return {
      generations: ids.map((id) => byId.get(id)).filter((found) => found !== undefined),
      total: Number(rows[0].total),
    };
  }
}
