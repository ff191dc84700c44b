import { Injectable } from '@nestjs/common';
import { isId } from '../common/ids.js';
import { Database } from '../database/index.js';
import { receiptLines, type ResolvedRequest, tierOf } from '../models/index.js';
import { type Asset, AssetsRepository } from '../storage/index.js';
import type { PublicFailure } from './failure.js';
import type {
  Generation,
  GenerationMode,
  GenerationStatus,
  QueuePlace,
  Receipt,
} from './generation.js';
import { estimateUsage, type RecordedUsage } from './usage-estimate.js';

/** Columns of a generation with its input and its hold, as the queries of this module select them. */
export interface GenerationRow {
  readonly id: string;
  readonly accountId: string;
  readonly apiKeyId: string | null;
  readonly status: GenerationStatus;
  readonly mode: GenerationMode;
  readonly surface: string;
  readonly visibility: Generation['visibility'];
  readonly request: ResolvedRequest;
  readonly catalogVersion: number;
  readonly priceFactor: number;
  readonly unitCredits: bigint;
  readonly holdCredits: bigint;
  readonly captured: bigint;
  readonly released: bigint | null;
  readonly refunded: bigint | null;
  readonly error: PublicFailure | null;
  readonly usage: RecordedUsage | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  readonly cancelRequested: boolean;
}

export const GENERATION_COLUMNS = `
  g.id, g.account_id AS "accountId", g.api_key_id AS "apiKeyId", g.status, g.mode, g.surface,
  g.visibility, i.request, g.catalog_version AS "catalogVersion", g.price_factor AS "priceFactor",
  g.unit_credits AS "unitCredits", g.hold_credits AS "holdCredits", g.captured, h.released, h.refunded, g.error, g.usage,
  g.created_at AS "createdAt", g.finished_at AS "finishedAt",
  g.cancel_requested_at IS NOT NULL AS "cancelRequested"`;

export const GENERATION_JOINS = `
  generations g
  JOIN generation_inputs i ON i.generation_id = g.id
  LEFT JOIN credit_holds h ON h.generation_id = g.id`;

/** A page of one account's generations. */
export interface GenerationPage {
  readonly status?: GenerationStatus;
  /** Catalog name. */
  readonly model?: string;
  /** Only generations older than this id. */
  readonly before?: string;
  /** Only those that an API key asked for. */
  readonly byApiKey?: boolean;
  readonly limit: number;
}

/** Reads generations as their owners may see them. */
@Injectable()
export class GenerationReader {
  constructor(
    private readonly database: Database,
    private readonly assets: AssetsRepository,
  ) {}

  /** Foreign, missing and malformed ids look alike: null. */
  async find(accountId: string, id: string): Promise<Generation | null> {
    if (!isId(id)) return null;
    const [row] = await this.database.query<GenerationRow>({
      name: 'generation_find',
      text: `SELECT ${GENERATION_COLUMNS} FROM ${GENERATION_JOINS}
              WHERE g.id = $1 AND g.account_id = $2`,
      values: [id, accountId],
    });
    if (!row) return null;
    const generation = await this.withImages(row);
    return row.status === 'pending' ? { ...generation, queue: await this.placeOf(id) } : generation;
  }

  /** Newest first. */
  async list(accountId: string, page: GenerationPage): Promise<Generation[]> {
    const rows = await this.database.query<GenerationRow>({
      name: 'generations_list',
      text: `SELECT ${GENERATION_COLUMNS} FROM ${GENERATION_JOINS}
              WHERE g.account_id = $1 AND ($2::text IS NULL OR g.status = $2)
                AND ($3::text IS NULL OR g.model = $3) AND ($4::uuid IS NULL OR g.id < $4)
                AND (NOT $6 OR g.api_key_id IS NOT NULL)
              ORDER BY g.id DESC LIMIT $5`,
      values: [
        accountId,
        page.status ?? null,
        page.model ?? null,
        page.before ?? null,
        page.limit,
        page.byApiKey ?? false,
      ],
    });
    return this.allWithImages(rows);
  }

  /** Those of the ids that have ended. */
  async ended(ids: readonly string[]): Promise<Generation[]> {
    const rows = await this.database.query<GenerationRow>({
      name: 'generations_ended',
      text: `SELECT ${GENERATION_COLUMNS} FROM ${GENERATION_JOINS}
              WHERE g.id = ANY ($1::uuid[]) AND g.finished_at IS NOT NULL`,
      values: [ids],
    });
    return this.allWithImages(rows);
  }

  private async allWithImages(rows: readonly GenerationRow[]): Promise<Generation[]> {
    const succeeded = rows.filter(({ status }) => status === 'succeeded').map(({ id }) => id);
    const images = await this.assets.byGenerations(succeeded);
    return rows.map((row) => toGeneration(row, images.get(row.id) ?? []));
  }

  /** The task's id at the upstream that was asked last and works on tasks; null where none does. */
  async upstreamTaskOf(id: string): Promise<string | null> {
    const [row] = await this.database.query<{ task: string }>({
      name: 'generation_upstream_task',
      text: `SELECT upstream_task_id AS task FROM attempts
              WHERE generation_id = $1 AND upstream_task_id IS NOT NULL
              ORDER BY ordinal DESC LIMIT 1`,
      values: [id],
    });
    return row?.task ?? null;
  }

  private async placeOf(id: string): Promise<QueuePlace> {
    const [{ ahead, perSecond }] = await this.database.query<{ ahead: number; perSecond: number }>({
      name: 'relay_queue_place',
      text: 'SELECT ahead, per_second AS "perSecond" FROM relay_queue_place($1)',
      values: [id],
    });
    const estimateSeconds = perSecond > 0 ? Math.ceil((ahead + 1) / perSecond) : null;
    return { position: ahead + 1, estimateSeconds };
  }

  async withImages(row: GenerationRow): Promise<Generation> {
    const images = row.status === 'succeeded' ? await this.assets.byGeneration(row.id) : [];
    return toGeneration(row, images);
  }
}

function toGeneration(row: GenerationRow, images: readonly Asset[]): Generation {
  const usage = usageOf(row, images);
  return {
    id: row.id,
    accountId: row.accountId,
    apiKeyId: row.apiKeyId,
    status: row.status,
    mode: row.mode,
    surface: row.surface,
    visibility: row.visibility,
    request: row.request,
    createdAt: row.createdAt,
    finishedAt: row.finishedAt,
    cancelRequested: row.cancelRequested,
    queue: null,
    error: row.error,
    images,
    usage,
    receipt: toReceipt(row, images, usage),
  };
}

/** Images that were recorded before their worker died were settled without a count. */
function usageOf(row: GenerationRow, images: readonly Asset[]): RecordedUsage | null {
  if (row.status !== 'succeeded') return null;
  return row.usage ?? estimateUsage(row.request, images);
}

function toReceipt(
  row: GenerationRow,
  images: readonly Asset[],
  usage: RecordedUsage | null,
): Receipt {
  const { price } = row.request;
  return {
    catalogVersion: row.catalogVersion,
    priceFactor: row.priceFactor,
    tierAsked: price.tier,
    quality: price.quality,
    unit: row.unitCredits,
    images: images.map(({ width, height, credits }) => ({
      tier: tierOf(width * height, price.tierPixels),
      width,
      height,
      credits,
    })),
    usageSource: usage && (usage.estimated ? 'estimated' : 'upstream'),
    held: row.holdCredits,
    captured: row.captured,
    released: row.released ?? 0n,
    refunded: row.refunded ?? 0n,
    lines: row.mode === 'live' ? receiptLines(price, row.priceFactor, images) : [],
  };
}
