import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { Env } from '../config/index.js';
import { Database, isOutage, Notifier } from '../database/index.js';
import type { ResolvedRequest } from '../models/index.js';
import { logger } from '../observability/logger.js';
import { type UpstreamSlot, UpstreamsService } from '../upstreams/index.js';
import { ownFailure, type PublicFailure } from './failure.js';
import type { GenerationMode } from './generation.js';
import { type ClaimedGeneration, GenerationStore } from './generation-store.js';
import { Runner } from './runner.js';
import { WaitingCounts } from './waiting-counts.js';
import type { Work } from './work.js';
import { LEASE_MS, WorkerLease } from './worker-lease.js';

const POLL_MS = 1_000;
/** Claimed generations one process works on at a time. */
const MAX_CLAIMED = 32;
const SLOT_POLL_MS = 100;
/** Committed under our name but unknown to us: an accept whose answer was lost. */
const ORPHAN_AGE_SECONDS = 30;
const LATE = ownFailure('generation_timeout', 'The work deadline passed.');
const STOPPED = ownFailure(
  'upstream_unavailable',
  'The server that worked on this generation stopped before a picture came.',
);

interface ClaimedRow {
  readonly accountId: string;
  readonly token: string;
  readonly mode: GenerationMode;
  readonly request: ResolvedRequest;
  readonly priceFactor: number;
  readonly unit: bigint;
  readonly remainingMs: number;
  readonly recorded: number;
  readonly sentBefore: readonly string[];
  readonly lastUpstream: string | null;
  readonly lastAttemptId: string | null;
  /** Of the last attempt, while its outcome is open. */
  readonly tasks: Readonly<Record<number, string>> | null;
}

/**
 * Takes up generations nobody works on: pending ones, and what a dead process
 * left (design §2, "In doubt"). A process of `ROLE=api` only ends its own orphans.
 */
@Injectable()
export class Recovery {
  private readonly log = logger('recovery');
  private readonly claimed = new Map<string, Promise<void>>();
  /** Claimed ones without a slot yet, by catalog name. */
  private readonly waiting = new WaitingCounts();
  private timer: NodeJS.Timeout | undefined;
  private polling: Promise<void> | null = null;
  private again = false;
  private stopped = true;

  constructor(
    private readonly env: Env,
    private readonly database: Database,
    private readonly lease: WorkerLease,
    private readonly store: GenerationStore,
    private readonly runner: Runner,
    private readonly upstreams: UpstreamsService,
    private readonly notifier: Notifier,
  ) {}

  /** Resolves after the first look: from then on no more is taken than this process's share. */
  async start(): Promise<void> {
    this.stopped = false;
    await this.poll();
    this.schedule(POLL_MS);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** After `stop`: resolves when all it has claimed has ended, or is left to whoever claims it next. */
  async idle(): Promise<void> {
    await this.polling;
    while (this.claimed.size > 0) await Promise.all(this.claimed.values());
  }

  /** Something may have become pending, or a slot free: do not wait for the next poll. */
  poke(): void {
    if (!this.stopped) void this.poll();
  }

  /**
   * One look for work; never rejects. Looks never overlap: a second one would
   * take what the first has just claimed for an orphan.
   */
  async poll(): Promise<void> {
    this.again = this.polling !== null;
    this.polling ??= this.look().finally(() => {
      this.polling = null;
    });
    await this.polling;
    if (this.again && !this.stopped) await this.poll();
  }

  private async look(): Promise<void> {
    try {
      const share = await this.lease.share();
      this.upstreams.setShare(share);
      for (const id of share.newcomers) this.notifier.tell('seen', `${id}:${this.lease.workerId}`);
      await this.adoptOrphans();
      if (!this.stopped && this.env.ROLE !== 'api') await this.claim();
    } catch (error) {
      if (!isOutage(error)) this.log.error('looking for work failed', { err: error });
    }
  }

  /** A process whose database has just come back does not judge others' leases. */
  private async claim(): Promise<void> {
    const most = MAX_CLAIMED - this.claimed.size;
    if (most <= 0) return;
    const room = new Map<string, number>();
    for (const model of await this.store.pendingModels()) {
      // A model that is full would hide what waits behind it from a look that ends somewhere.
      const count = this.roomFor(model, most);
      if (count > 0) room.set(model, count);
    }
    const mayReap = this.database.gate.steadyMs >= LEASE_MS;
    const claims = await this.store.claim(this.lease.workerId, most, mayReap, room);
    for (const claim of claims) this.take(claim);
  }

  /** What is claimed and waits for a slot has the next ones. */
  private roomFor(model: string, most: number): number {
    return Math.min(most, this.upstreams.room(model) - this.waiting.count(model));
  }

  private schedule(delay: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.poll().finally(() => this.schedule(POLL_MS)), delay);
    this.timer.unref();
  }

  private take({ id, model, abandoned }: ClaimedGeneration): void {
    const placed = this.waiting.begin(model);
    const leave = () => {
      placed();
      this.claimed.delete(id);
    };
    const work = this.resume(id, abandoned, placed).then(
      () => {
        leave();
        this.notifier.tell('ended');
        this.poke();
      },
      // Not at once again: what cannot be ended would be tried without a pause.
      (error: unknown) => {
        leave();
        if (!isOutage(error)) this.log.error('a claim failed', { generationId: id, err: error });
      },
    );
    this.claimed.set(id, work);
  }

  /**
   * Resolves when this process is done with it.
   *
   * @param placed called once it has a slot
   */
  private async resume(id: string, abandoned: boolean, placed: () => void): Promise<void> {
    const row = await this.load(id);
    if (!row) return;
    const work: Work = { id, ...row };
    if (row.tasks !== null && row.recorded === 0) return this.resumeTask(work, row, placed);
    const ending = endOf(row, abandoned && !this.isRepeatable(row));
    if (ending) {
      this.log.info('ended a generation that was left behind', { generationId: id });
      return this.end(work, ending);
    }
    const slot = await this.waitForSlot(work, () => this.tryAcquire(work));
    placed();
    if (slot) await this.run(work, slot);
  }

  /** The upstream has been at it all along: ask it, whatever its circuit says. */
  private async resumeTask(work: Work, row: ClaimedRow, placed: () => void): Promise<void> {
    const { lastUpstream, lastAttemptId: attemptId, tasks } = row;
    const slot = await this.waitForSlot(work, () =>
      this.upstreams.acquireAt(lastUpstream!, work.request.model),
    );
    placed();
    if (slot) await this.runner.start(work, { slot, attemptId: attemptId!, tasks: tasks! });
  }

  private async run(work: Work, slot: UpstreamSlot): Promise<void> {
    const attempt = { id: newId(), upstream: slot.upstream.name };
    try {
      if (await this.store.nextAttempt(work.id, work.token, null, attempt)) {
        return await this.runner.start(work, { slot, attemptId: attempt.id });
      }
    } finally {
      slot.release();
    }
  }

  /** Null: it was ended, or this process is stopping and leaves it to whoever claims it next. */
  private async waitForSlot(
    work: Work,
    acquire: () => UpstreamSlot | 'none' | null,
  ): Promise<UpstreamSlot | null> {
    const end = performance.now() + work.remainingMs;
    let slot: UpstreamSlot | 'none' | null = null;
    while (performance.now() < end && !this.stopped) {
      slot = acquire();
      if (slot === 'none') break;
      if (slot) return slot;
      await new Promise((resolve) => setTimeout(resolve, SLOT_POLL_MS));
    }
    if (!this.stopped) await this.end(work, slot === 'none' ? STOPPED : LATE);
    return null;
  }

  /**
   * Each upstream gets one billable attempt, whoever made it, unless it is safe
   * to repeat (design §5). `none`: every other one has had its own.
   */
  private tryAcquire({ request, mode, sentBefore }: Work): UpstreamSlot | 'none' | null {
    const { model, operation } = request;
    const exclude = new Set(sentBefore.filter((name) => !this.upstreams.isSafeToRepeat(name)));
    try {
      const slot = this.upstreams.acquire({ model, operation, mode, exclude });
      if (slot === 'none' && exclude.size > 0) return slot;
      return typeof slot === 'string' ? null : slot;
    } catch {
      // The circuit's probe is under way: its result decides.
      return null;
    }
  }

  private end(work: Work, error: PublicFailure): Promise<void> {
    const { id, accountId, token, mode, request } = work;
    const item = { id, accountId, token, assets: [], error, usage: null, attempt: null };
    return this.runner.settle({ ...item, status: 'failed' }, mode, request.model);
  }

  private isRepeatable({ lastUpstream }: ClaimedRow): boolean {
    return lastUpstream === null || this.upstreams.isSafeToRepeat(lastUpstream);
  }

  /** An accept whose commit we never heard of holds credits under our lease: nobody else may end it. */
  private async adoptOrphans(): Promise<void> {
    const known = [...this.runner.runningIds, ...this.claimed.keys()];
    const rows = await this.database.query<{ id: string; model: string }>({
      name: 'relay_orphans',
      text: `UPDATE generations SET lease_token = gen_random_uuid()
              WHERE worker_id = $1 AND status = 'processing' AND id <> ALL ($2::uuid[])
                AND started_at < clock_timestamp() - $3 * interval '1 s'
             RETURNING id, model`,
      values: [this.lease.workerId, known, ORPHAN_AGE_SECONDS],
    });
    for (const row of rows) this.take({ ...row, abandoned: true });
  }

  private async load(id: string): Promise<ClaimedRow | null> {
    const [row] = await this.database.query<ClaimedRow>({
      name: 'relay_claimed',
      text: `SELECT g.account_id AS "accountId", g.lease_token AS token, g.mode, i.request,
                    g.price_factor AS "priceFactor", g.unit_credits AS unit,
                    (extract(epoch FROM g.deadline_at - clock_timestamp()) * 1000)::float8
                      AS "remainingMs",
                    (SELECT count(*)::int FROM assets a
                      WHERE a.generation_id = g.id AND a.kind = 'output') AS recorded,
                    last.upstream AS "lastUpstream", last.id AS "lastAttemptId",
                    ARRAY(SELECT DISTINCT a.upstream FROM attempts a
                           WHERE a.generation_id = g.id) AS "sentBefore",
                    CASE WHEN last.state = 'sent' THEN last.upstream_tasks END AS tasks
               FROM generations g
               JOIN generation_inputs i ON i.generation_id = g.id
               LEFT JOIN LATERAL (
                 SELECT a.id, a.upstream, a.state, a.upstream_tasks FROM attempts a
                  WHERE a.generation_id = g.id ORDER BY a.ordinal DESC LIMIT 1) last ON true
              WHERE g.id = $1 AND g.worker_id = $2 AND g.status = 'processing'`,
      values: [id, this.lease.workerId],
    });
    return row ?? null;
  }
}

/** How a claimed generation ends without another attempt; null when it may be worked on. */
function endOf(row: ClaimedRow, inDoubt: boolean): PublicFailure | null {
  if (row.recorded > 0 || inDoubt) return STOPPED;
  if (row.remainingMs <= 0) return LATE;
  return null;
}
