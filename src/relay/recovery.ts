import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { Env } from '../config/index.js';
import { Database, isOutage } from '../database/index.js';
import type { ResolvedRequest } from '../models/index.js';
import { logger } from '../observability/logger.js';
import { type UpstreamSlot, UpstreamsService } from '../upstreams/index.js';
import { ownFailure, type PublicFailure } from './failure.js';
import type { GenerationMode } from './generation.js';
import { GenerationStore } from './generation-store.js';
import { Runner } from './runner.js';
import type { Work } from './work.js';
import { LEASE_MS, WorkerLease } from './worker-lease.js';

const POLL_MS = 1_000;
/** Claimed generations one process works on at a time. */
const MAX_CLAIMED = 32;
const SLOT_POLL_MS = 100;
/** Committed under our name but unknown to us: an accept whose answer was lost. */
const ORPHAN_AGE_SECONDS = 30;
const LATE = ownFailure('generation_timeout', 'The work deadline passed.');

interface ClaimedRow {
  readonly accountId: string;
  readonly token: string;
  readonly mode: GenerationMode;
  readonly request: ResolvedRequest;
  readonly priceFactor: number;
  readonly unit: bigint;
  readonly remainingMs: number;
  readonly recorded: number;
  readonly lastUpstream: string | null;
}

/**
 * Takes up generations nobody works on: pending ones, and what a dead process
 * left (design §2, "In doubt"). Runs in every process but those of `ROLE=api`.
 */
@Injectable()
export class Recovery {
  private readonly log = logger('recovery');
  private readonly claimed = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = true;

  constructor(
    private readonly env: Env,
    private readonly database: Database,
    private readonly lease: WorkerLease,
    private readonly store: GenerationStore,
    private readonly runner: Runner,
    private readonly upstreams: UpstreamsService,
  ) {}

  start(): void {
    this.stopped = false;
    this.schedule(0);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** One look for work; a process whose database has just come back does not judge others' leases. */
  async poll(): Promise<void> {
    await this.adoptOrphans();
    if (this.stopped || this.env.ROLE === 'api') return;
    const room = MAX_CLAIMED - this.claimed.size;
    if (room <= 0) return;
    const mayReap = this.database.gate.steadyMs >= LEASE_MS;
    for (const { id, abandoned } of await this.store.claim(this.lease.workerId, room, mayReap)) {
      this.take(id, abandoned);
    }
  }

  private schedule(delay: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.poll()
        .catch((error: unknown) => {
          if (!isOutage(error)) this.log.error('looking for work failed', { err: error });
        })
        .finally(() => this.schedule(POLL_MS));
    }, delay);
    this.timer.unref();
  }

  private take(id: string, abandoned: boolean): void {
    this.claimed.add(id);
    this.resume(id, abandoned)
      .catch((error: unknown) => {
        if (!isOutage(error)) this.log.error('a claim failed', { generationId: id, err: error });
      })
      .finally(() => this.claimed.delete(id));
  }

  private async resume(id: string, abandoned: boolean): Promise<void> {
    const row = await this.load(id);
    if (!row) return;
    const work: Work = { id, ...row };
    const ending = endOf(row, abandoned && !this.isRepeatable(row));
    if (ending) {
      this.log.info('ended a generation that was left behind', { generationId: id });
      await this.end(work, ending);
      return;
    }
    const slot = await this.waitForSlot(work);
    if (slot) await this.run(work, slot);
    // A process that is stopping leaves it to whoever claims it next.
    else if (!this.stopped) await this.end(work, LATE);
  }

  private async run(work: Work, slot: UpstreamSlot): Promise<void> {
    const attempt = { id: newId(), upstream: slot.upstream.name };
    try {
      if (await this.store.nextAttempt(work.id, work.token, null, attempt)) {
        this.runner.start(work, { slot, attemptId: attempt.id });
        return;
      }
    } catch (error) {
      slot.release();
      throw error;
    }
    slot.release();
  }

  private async waitForSlot(work: Work): Promise<UpstreamSlot | null> {
    const { model, operation } = work.request;
    const end = performance.now() + work.remainingMs;
    while (performance.now() < end && !this.stopped) {
      const slot = this.tryAcquire({ model, operation, mode: work.mode });
      if (slot) return slot;
      await new Promise((resolve) => setTimeout(resolve, SLOT_POLL_MS));
    }
    return null;
  }

  private tryAcquire(request: Parameters<UpstreamsService['acquire']>[0]): UpstreamSlot | null {
    try {
      const slot = this.upstreams.acquire(request);
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
    const known = [...this.runner.runningIds, ...this.claimed];
    const rows = await this.database.query<{ id: string }>({
      name: 'relay_orphans',
      text: `UPDATE generations SET lease_token = gen_random_uuid()
              WHERE worker_id = $1 AND status = 'processing' AND id <> ALL ($2::uuid[])
                AND started_at < clock_timestamp() - $3 * interval '1 s'
             RETURNING id`,
      values: [this.lease.workerId, known, ORPHAN_AGE_SECONDS],
    });
    for (const { id } of rows) this.take(id, true);
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
                    (SELECT a.upstream FROM attempts a WHERE a.generation_id = g.id
                      ORDER BY a.ordinal DESC LIMIT 1) AS "lastUpstream"
               FROM generations g JOIN generation_inputs i ON i.generation_id = g.id
              WHERE g.id = $1 AND g.worker_id = $2 AND g.status = 'processing'`,
      values: [id, this.lease.workerId],
    });
    return row ?? null;
  }
}

/** How a claimed generation ends without another attempt; null when it may be worked on. */
function endOf(row: ClaimedRow, inDoubt: boolean): PublicFailure | null {
  if (row.recorded > 0 || inDoubt) {
    return ownFailure(
      'upstream_unavailable',
      'The server that worked on this generation stopped before a picture came.',
    );
  }
  if (row.remainingMs <= 0) return LATE;
  return null;
}
