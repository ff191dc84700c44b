import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { Database, DatabaseUnavailableError, isOutage, type Sql } from '../database/index.js';
import type { Caps, GenerationMode, RelayCommand } from './generation.js';
import type { PublicFailure } from './failure.js';
import type { RecordedUsage } from './usage-estimate.js';

export interface AcceptItem {
  readonly id: string;
  readonly command: RelayCommand;
  readonly mode: GenerationMode;
  /** Thousandths: per image and in all; 0 for test and demo. */
  readonly unit: bigint;
  readonly hold: bigint;
  readonly deadlineSeconds: number;
  readonly workerId: string;
  /** Which of this process's answers it will be; null when none is owed. */
  readonly delivery: number | null;
  /** Null: accepted as pending, for whoever claims it. */
  readonly lease: { token: string; attemptId: string; upstream: string } | null;
}

export type AcceptVerdict =
  | 'ok'
  | 'duplicate'
  | 'joined'
  | 'key_reused'
  | 'balance'
  | 'concurrency'
  | 'images_day'
  | 'credits_day'
  | 'credits_month'
  | 'key_revoked'
  | 'account_suspended'
  | 'catalog_superseded';

export interface AcceptAnswer {
  readonly verdict: AcceptVerdict;
  readonly generationId: string;
  readonly scope: 'account' | 'key' | null;
}

/** An answer that let nothing through. */
export type Refusal = AcceptAnswer & {
  readonly verdict: Exclude<AcceptVerdict, 'ok' | 'duplicate' | 'joined'>;
};

/** Otherwise the generation is in: made now, or by an earlier request that this one repeats. */
export function isRefusal(answer: AcceptAnswer): answer is Refusal {
  return !['ok', 'duplicate', 'joined'].includes(answer.verdict);
}

/** An output image to be recorded; credits in thousandths. */
export interface AssetRow {
  readonly id: string;
  readonly ordinal: number;
  readonly sha256: string;
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly credits: string;
  readonly linkToken: string;
  /** Its link at the upstream, where that may be shown. */
  readonly sourceUrl?: string;
}

export interface AttemptOutcome {
  readonly id: string;
  readonly state: 'succeeded' | 'failed' | 'unknown';
  readonly failure: string | null;
  readonly httpStatus: number | null;
  readonly detail: string | null;
  readonly images: number;
}

export interface SettleItem {
  readonly id: string;
  readonly accountId: string;
  readonly token: string;
  readonly status: 'succeeded' | 'failed' | 'canceled';
  readonly assets: readonly AssetRow[];
  readonly error: PublicFailure | null;
  readonly usage: RecordedUsage | null;
  readonly attempt: AttemptOutcome | null;
}

/** One call to an upstream that works on tasks; several make an attempt whose images it makes apart. */
export interface TaskCall {
  readonly attemptId: string;
  /** Ordinal of the first image it makes. */
  readonly offset: number;
}

export type SettleVerdict = 'ok' | 'fenced' | 'missing';

export type CancelVerdict = 'canceled' | 'requested' | 'ended' | 'missing';

export interface ClaimedGeneration {
  readonly id: string;
  readonly model: string;
  /** Another process held it and died, or it was pending. */
  readonly abandoned: boolean;
}

/** An accept whose commit is unknown is asked again, same ids, new connection, while a caller may still hear 503 in 2 s. */
const ACCEPT_AGAIN_WITHIN_MS = 1_000;
const SETTLE_RETRY_MS = [100, 250, 500, 1_000];

/** Calls the SQL functions that hold the generation's state; see the migrations for their rules. */
@Injectable()
export class GenerationStore {
  constructor(private readonly database: Database) {}

  /**
   * @throws DatabaseUnavailableError with `mayHaveRun` when the outcome stays unknown
   * @throws DomainError `image_removed`: an input was deleted since it was found; nothing moved
   */
  async accept(item: AcceptItem): Promise<AcceptAnswer> {
    const begun = performance.now();
    let unheard: DatabaseUnavailableError | null = null;
    for (let again = false; ; again = true) {
      try {
        const [answer] = await this.database.query<AcceptAnswer>(acceptSql(item, again));
        return answer;
      } catch (error) {
        if (isInputGone(error)) throw inputGone(error);
        if (!(error instanceof DatabaseUnavailableError)) throw error;
        if (error.mayHaveRun) unheard = error;
        const late = performance.now() - begun > ACCEPT_AGAIN_WITHIN_MS;
        if (again || late) throw unheard ?? error;
      }
    }
  }

  /**
   * Repeats through an outage for as long as it lasts: the picture is stored,
   * so giving up would lose somebody's money or somebody's picture.
   */
  async settle(item: SettleItem): Promise<SettleVerdict> {
    const sql = settleSql(item);
    for (let failures = 0; ; failures += 1) {
      try {
        const [{ verdict }] = await this.database.query<{ verdict: SettleVerdict }>(sql);
        return verdict;
      } catch (error) {
        if (!isOutage(error)) throw error;
        const wait = SETTLE_RETRY_MS[Math.min(failures, SETTLE_RETRY_MS.length - 1)];
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  /** False: another worker has this generation now. */
  async recordImage(id: string, token: string, asset: AssetRow): Promise<boolean> {
    const [{ held }] = await this.database.query<{ held: boolean }>({
      name: 'relay_record_image',
      text: 'SELECT relay_record_image($1, $2, $3) AS held',
      values: [id, token, JSON.stringify(asset)],
    });
    return held;
  }

  /** Closes the attempt before and writes the next one; false: another worker has it now. */
  async nextAttempt(
    id: string,
    token: string,
    previous: AttemptOutcome | null,
    next: { id: string; upstream: string },
  ): Promise<boolean> {
    const [{ held }] = await this.database.query<{ held: boolean }>({
      name: 'relay_next_attempt',
      text: 'SELECT relay_next_attempt($1, $2, $3, $4, $5) AS held',
      values: [id, token, previous && JSON.stringify(previous), next.id, next.upstream],
    });
    return held;
  }

  /**
   * @param reap also take what dead workers held
   * @param room how many pending generations of each catalog name may be taken
   */
  async claim(
    workerId: string,
    limit: number,
    reap: boolean,
    room: ReadonlyMap<string, number>,
  ): Promise<ClaimedGeneration[]> {
    return this.database.query<ClaimedGeneration>({
      name: 'relay_claim',
      text: 'SELECT id, model, abandoned FROM relay_claim($1, $2, $3, $4, $5)',
      values: [workerId, limit, reap, [...room.keys()], [...room.values()]],
    });
  }

  /** Catalog names that pending generations ask for. */
  async pendingModels(): Promise<string[]> {
    const rows = await this.database.query<{ model: string }>({
      name: 'relay_pending_models',
      text: `SELECT DISTINCT model FROM generations WHERE status = 'pending'`,
    });
    return rows.map(({ model }) => model);
  }

  /** Before the first poll of a task, so that the next node resumes it; false: fenced. */
  async saveTask(id: string, token: string, call: TaskCall, taskId: string): Promise<boolean> {
    const [{ held }] = await this.database.query<{ held: boolean }>({
      name: 'relay_save_task',
      text: 'SELECT relay_save_task($1, $2, $3, $4, $5) AS held',
      values: [id, token, call.attemptId, taskId, call.offset],
    });
    return held;
  }

  /** Pictures nobody may be charged for any more: kept for the operator, 7 days. */
  async keepLate(id: string, accountId: string, assets: readonly AssetRow[]): Promise<void> {
    await this.database.query({
      name: 'relay_keep_late',
      text: 'SELECT relay_keep_late($1, $2, $3)',
      values: [id, accountId, JSON.stringify(assets)],
    });
  }

  /** `canceled`: ended now, all released; `requested`: an attempt was sent, its end decides. */
  async cancel(id: string, accountId: string): Promise<CancelVerdict> {
    const [{ verdict }] = await this.database.query<{ verdict: CancelVerdict }>({
      name: 'relay_cancel',
      text: 'SELECT relay_cancel($1, $2) AS verdict',
      values: [id, accountId],
    });
    return verdict;
  }

  /** The generation that an equal request before this one made, for requests that cannot be accepted anew. */
  async recall(item: Pick<AcceptItem, 'command' | 'delivery' | 'workerId'>): Promise<Recalled> {
    const { command, workerId } = item;
    const [recalled] = await this.database.query<Recalled>({
      name: 'relay_recall',
      text: `SELECT verdict, generation_id AS "generationId"
               FROM relay_recall($1, $2, $3, $4, $5, $6)`,
      values: [
        workerId,
        command.accountId,
        command.apiKeyId,
        JSON.stringify(deliveryOf(item, false)),
        command.fingerprint,
        boundKeyOf(command),
      ],
    });
    return recalled;
  }

  async isCancelRequested(id: string): Promise<boolean> {
    const [row] = await this.database.query<{ requested: boolean }>({
      name: 'relay_cancel_requested',
      text: 'SELECT cancel_requested_at IS NOT NULL AS requested FROM generations WHERE id = $1',
      values: [id],
    });
    return row?.requested ?? false;
  }
}

/** Null verdict: there was no such request. */
export interface Recalled {
  readonly verdict: 'duplicate' | 'key_reused' | 'joined' | null;
  readonly generationId: string;
}

/** What joining goes by, as `relay_join` reads it. */
function deliveryOf(
  { command, delivery }: Pick<AcceptItem, 'command' | 'delivery'>,
  again: boolean,
): object {
  if (delivery === null) return {};
  return { delivery, waits: command.delivery?.waits, join: command.delivery?.mayJoin, again };
}

/** SQLSTATE no_data_found, as `generation_inputs_attach` raises it. */
function isInputGone(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'P0002';
}

function inputGone(cause: unknown): DomainError {
  return new DomainError('image_removed', 'An image to be edited was deleted meanwhile.', {
    cause,
  });
}

/** Test keys bind a name space of their own: no client's key has a blank in it. */
function boundKeyOf({ idempotencyKey, mode }: RelayCommand): string | null {
  return idempotencyKey !== null && mode === 'test' ? `test ${idempotencyKey}` : idempotencyKey;
}

function acceptSql(item: AcceptItem, again: boolean): Sql {
  const { id, command, lease } = item;
  const row = {
    mode: item.mode,
    surface: command.surface,
    profile: command.profile,
    model: command.request.model,
    operation: command.request.operation,
    visibility: item.mode === 'test' ? 'private' : command.visibility,
    count: command.request.count,
    catalog: command.request.catalogVersion,
    factor: command.priceFactor,
    unit: item.unit.toString(),
    hold: item.hold.toString(),
    deadline: item.deadlineSeconds,
    ...deliveryOf(item, again),
  };
  const input = { request: command.request, requestId: command.requestId };
  return {
    name: 'relay_accept',
    text: `SELECT verdict, generation_id AS "generationId", scope
             FROM relay_accept($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    values: [
      item.workerId,
      [id],
      [command.accountId],
      [command.apiKeyId],
      [JSON.stringify(row)],
      [JSON.stringify(input)],
      capsOf(command.caps),
      [lease?.token ?? null],
      [command.fingerprint],
      [boundKeyOf(command)],
      [lease?.attemptId ?? null],
      [lease?.upstream ?? null],
    ],
  };
}

/** Four of the account, four of the key: the order `relay_limits` reads them in. */
function capsOf({ account, key }: Caps): (bigint | number | null)[] {
  return [account, key].flatMap((caps) => [
    caps.concurrency,
    caps.imagesPerDay,
    caps.creditsPerDay,
    caps.creditsPerMonth,
  ]);
}

function settleSql(item: SettleItem): Sql {
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  return {
    name: 'relay_settle',
    text: 'SELECT verdict FROM relay_settle($1, $2, $3, $4, $5, $6, $7, $8)',
    values: [
      [item.id],
      [item.accountId],
      [item.token],
      [item.status],
      [JSON.stringify(item.assets)],
      [json(item.error)],
      [json(item.usage)],
      [json(item.attempt)],
    ],
  };
}
