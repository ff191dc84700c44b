import { Injectable } from '@nestjs/common';
import { Database, DatabaseUnavailableError, isOutage } from '../database/index.js';
import type {
  AcceptAnswer,
  AcceptItem,
  AssetRow,
  AttemptOutcome,
  SettleItem,
  SettleVerdict,
} from './generation-items.js';
import {
  type AcceptCall,
  acceptSql,
  type Answered,
  boundKeyOf,
  deliveryOf,
  orBusy,
  settleSql,
} from './generation-sql.js';
import { GroupCommit } from './group-commit.js';
import { inputGone, isInputGone } from './input-gone.js';

/** One call to an upstream that works on tasks; several make an attempt whose images it makes apart. */
export interface TaskCall {
  readonly attemptId: string;
  /** Ordinal of the first image it makes. */
  readonly offset: number;
}

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
  private readonly accepting = new GroupCommit<AcceptCall, AcceptAnswer>(
    (calls, wait) => this.acceptAll(calls, wait),
    ({ item }) => item.command.accountId,
  );
  private readonly settling = new GroupCommit<SettleItem, SettleVerdict>(
    (items, wait) => this.settleAll(items, wait),
    ({ accountId }) => accountId,
  );

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
        return await this.accepting.run({ item, again });
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
    for (let failures = 0; ; failures += 1) {
      try {
        return await this.settling.run(item);
      } catch (error) {
        if (!isOutage(error)) throw error;
        const wait = SETTLE_RETRY_MS[Math.min(failures, SETTLE_RETRY_MS.length - 1)];
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  /** Of one worker id at a time: a process has a new one when its lease was lost meanwhile. */
  private async acceptAll(
    calls: readonly AcceptCall[],
    wait: boolean,
  ): Promise<(AcceptAnswer | null)[]> {
    const { workerId } = calls[0].item;
    const mine = calls.filter(({ item }) => item.workerId === workerId);
    const rows = await this.database.query<Answered<AcceptAnswer>>(acceptSql(mine, wait));
    const answers = new Map(rows.map((row) => [mine[row.ord - 1], row]));
    return calls.map((call) => orBusy(answers.get(call)));
  }

  private async settleAll(
    items: readonly SettleItem[],
    wait: boolean,
  ): Promise<(SettleVerdict | null)[]> {
    const rows = await this.database.query<Answered<{ verdict: SettleVerdict }>>(
      settleSql(items, wait),
    );
    return rows.map((row) => orBusy(row)?.verdict ?? null);
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
