import { Injectable } from '@nestjs/common';
import { isId } from '../common/ids.js';
import { Database } from '../database/index.js';
import type { Generation, GenerationStatus } from './generation.js';
import {
  GENERATION_COLUMNS,
  GENERATION_JOINS,
  GenerationReader,
  type GenerationRow,
} from './generation-reader.js';

export interface GenerationFilter {
  readonly accountId?: string;
  readonly status?: GenerationStatus;
  /** Catalog name. */
  readonly model?: string;
  readonly upstream?: string;
  /** Only generations older than this id. */
  readonly before?: string;
  readonly limit: number;
}

/** One upstream that was tried for a generation, as operators see it. */
export interface AttemptView {
  readonly id: string;
  readonly ordinal: number;
  readonly upstream: string;
  readonly state: 'sent' | 'succeeded' | 'failed' | 'unknown';
  readonly failure: string | null;
  readonly httpStatus: number | null;
  /** The operator's text: status and error code of the upstream, no prompt. */
  readonly detail: string | null;
  readonly images: number;
  readonly sentAt: Date;
  readonly finishedAt: Date | null;
}

export interface GenerationWithAttempts {
  readonly generation: Generation;
  readonly attempts: readonly AttemptView[];
}

/** Reads generations of every account, for operators only. */
@Injectable()
export class OperatorReader {
  constructor(
    private readonly database: Database,
    private readonly reader: GenerationReader,
  ) {}

  /** Newest first. */
  async list(filter: GenerationFilter): Promise<Generation[]> {
    const rows = await this.database.query<GenerationRow>({
      text: `SELECT ${GENERATION_COLUMNS} FROM ${GENERATION_JOINS}
              WHERE ($1::uuid IS NULL OR g.account_id = $1)
                AND ($2::text IS NULL OR g.status = $2)
                AND ($3::text IS NULL OR g.model = $3)
                AND ($4::text IS NULL OR EXISTS (
                      SELECT 1 FROM attempts a WHERE a.generation_id = g.id AND a.upstream = $4))
                AND ($5::uuid IS NULL OR g.id < $5)
              ORDER BY g.id DESC LIMIT $6`,
      values: [
        filter.accountId ?? null,
        filter.status ?? null,
        filter.model ?? null,
        filter.upstream ?? null,
        filter.before ?? null,
        filter.limit,
      ],
      timeoutMs: 4_000,
    });
    return Promise.all(rows.map((row) => this.reader.withImages(row)));
  }

  /** Null when there is no such generation. */
  async find(id: string): Promise<GenerationWithAttempts | null> {
    if (!isId(id)) return null;
    const [row] = await this.database.query<GenerationRow>({
      text: `SELECT ${GENERATION_COLUMNS} FROM ${GENERATION_JOINS} WHERE g.id = $1`,
      values: [id],
    });
    if (!row) return null;
    const attempts = await this.database.query<AttemptView>({
      text: `SELECT id, ordinal, upstream, state, failure, http_status AS "httpStatus", detail,
                    images, sent_at AS "sentAt", finished_at AS "finishedAt"
               FROM attempts WHERE generation_id = $1 ORDER BY ordinal`,
      values: [id],
    });
    return { generation: await this.reader.withImages(row), attempts };
  }
}
