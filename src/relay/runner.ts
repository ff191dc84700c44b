import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { isOutage } from '../database/index.js';
import { logger } from '../observability/logger.js';
import { countAttempt, countGeneration } from '../observability/metrics.js';
import { ProviderError } from '../providers/index.js';
import { type UpstreamSlot, UpstreamsService } from '../upstreams/index.js';
import { type AttemptResult, AttemptRunner, type Started } from './attempt.js';
import {
  isUnknown,
  mayFailOver,
  ownFailure,
  type PublicFailure,
  toPublicFailure,
} from './failure.js';
import type { AttemptOutcome, SettleItem, SettleVerdict } from './generation-items.js';
import { GenerationStore } from './generation-store.js';
import type { PreviewFeed } from './preview-feed.js';
import { TaskCanceledError } from './task-follower.js';
import { estimateUsage } from './usage-estimate.js';
import { Waiters } from './waiters.js';
import type { Work } from './work.js';

/**
 * Carries a leased generation to its end: attempts, failover, settle. Owned by
 * nobody's request; the slow part runs with no transaction open.
 */
@Injectable()
export class Runner {
  private readonly log = logger('runner');
  private readonly running = new Map<string, Promise<void>>();
  private readonly previews = new Map<string, PreviewFeed>();

  constructor(
    private readonly attempts: AttemptRunner,
    private readonly store: GenerationStore,
    private readonly upstreams: UpstreamsService,
    private readonly waiters: Waiters,
  ) {}

  get runningIds(): string[] {
    return [...this.running.keys()];
  }

  /** Resolves, never rejects, when nothing more is done for it here; the end is announced to whoever waits. */
  start(work: Work, first: Started): Promise<void> {
    const run = this.run({ ...work, previews: this.previews.get(work.id) }, first)
      .catch((error: unknown) => {
        this.log.error('a generation could not be ended here', {
          generationId: work.id,
          err: error,
        });
      })
      .finally(() => {
        this.running.delete(work.id);
        this.waiters.announce(work.id);
      });
    this.running.set(work.id, run);
    return run;
  }

  /**
   * Has the previews of a generation passed on, from whenever this process works
   * on it until it has ended, wherever it does.
   */
  passPreviews(id: string, feed: PreviewFeed, ended: Promise<unknown>): void {
    this.previews.set(id, feed);
    const end = () => {
      this.previews.delete(id);
      feed.end();
    };
    ended.then(end, end);
  }

  /** Resolves when nothing runs here any more, or after `patienceMs`. */
  async idle(patienceMs: number): Promise<boolean> {
    const late = new Promise<false>((resolve) => {
      setTimeout(() => resolve(false), patienceMs).unref();
    });
    const done = (async () => {
      while (this.running.size > 0) await Promise.all(this.running.values());
      return true as const;
    })();
    return Promise.race([done, late]);
  }

  /** Ends a generation without another attempt. */
  async settle(item: SettleItem, mode: Work['mode'], model: string): Promise<void> {
    const verdict = await this.store.settle(item);
    if (verdict === 'ok') countGeneration(item.status, mode, model);
    else await this.keepLate(item, verdict);
    this.waiters.announce(item.id);
  }

  /** The generation ended, or belongs to somebody else: its pictures are kept for the operator. */
  private async keepLate(item: SettleItem, verdict: SettleVerdict): Promise<void> {
    this.log.warn('a late result changed nothing', { generationId: item.id, verdict });
    if (item.assets.length > 0) {
      await this.store.keepLate(item.id, item.accountId, item.assets);
    }
  }

  private async run(work: Work, first: Started): Promise<void> {
    const deadline = AbortSignal.timeout(Math.max(1, Math.ceil(work.remainingMs)));
    const tried = new Set(work.sentBefore);
    let anySent = work.sentBefore.length > 0;
    let current = first;
    for (;;) {
      const { slot, attemptId } = current;
      const result = await this.attempt(work, current, deadline);
      const outcome = toOutcome(attemptId, result);
      countAttempt(slot.upstream.name, outcome.failure ?? outcome.state);
      tried.add(slot.upstream.name);
      anySent ||= result.sent;
      if (result.images.length > 0) {
        return this.succeed(work, result, outcome);
      }
      const next = deadline.aborted
        ? null
        : await this.failOver(work, slot, result, outcome, tried);
      if (next === 'fenced') return;
      if (!next) return this.fail(work, result, outcome, anySent, deadline.aborted);
      current = next;
    }
  }

  private async attempt(work: Work, started: Started, signal: AbortSignal): Promise<AttemptResult> {
    const { slot } = started;
    try {
      const result = await this.attempts.run(work, started, signal);
      if (work.mode !== 'test') this.report(slot, result);
      return result;
    } finally {
      slot.release();
    }
  }

  /** A failure that a customer rehearses says nothing of anybody's health. */
  private report(slot: UpstreamSlot, { images, error }: AttemptResult): void {
    if (images.length > 0 || error === null) this.upstreams.report(slot, null);
    else if (error instanceof ProviderError) this.upstreams.report(slot, error);
  }

  private async failOver(
    work: Work,
    slot: UpstreamSlot,
    { error }: AttemptResult,
    outcome: AttemptOutcome,
    tried: ReadonlySet<string>,
  ): Promise<Started | 'fenced' | null> {
    if (!(error instanceof ProviderError)) return null;
    if (!mayFailOver(error, slot.upstream.config.safeToRepeat)) return null;
    if (await this.isCanceled(work.id)) return null;
    const next = this.acquire(work, tried);
    if (!next) return null;
    try {
      const started = { slot: next, attemptId: newId() };
      const attempt = { id: started.attemptId, upstream: next.upstream.name };
      if (await this.store.nextAttempt(work.id, work.token, outcome, attempt)) return started;
      next.release();
      return 'fenced';
    } catch (failure) {
      next.release();
      if (isOutage(failure)) return null;
      throw failure;
    }
  }

  /** A generation its owner gave up is not tried elsewhere. */
  private async isCanceled(id: string): Promise<boolean> {
    try {
      return await this.store.isCancelRequested(id);
    } catch (error) {
      if (isOutage(error)) return true;
      throw error;
    }
  }

  private acquire({ request, mode }: Work, exclude: ReadonlySet<string>): UpstreamSlot | null {
    try {
      const { model, operation } = request;
      const slot = this.upstreams.acquire({ model, operation, mode, exclude });
      return typeof slot === 'string' ? null : slot;
    } catch (error) {
      if (error instanceof DomainError) return null;
      throw error;
    }
  }

  private succeed(work: Work, result: AttemptResult, attempt: AttemptOutcome): Promise<void> {
    // Counted now: the prompt may be gone when somebody asks.
    const usage = result.usage ?? estimateUsage(work.request, result.images);
    return this.end(work, attempt, { status: 'succeeded', ...result, usage, error: null });
  }

  private fail(
    work: Work,
    { error }: AttemptResult,
    attempt: AttemptOutcome,
    anySent: boolean,
    late: boolean,
  ): Promise<void> {
    if (error instanceof TaskCanceledError) {
      return this.end(work, attempt, { status: 'canceled', images: [], usage: null, error: null });
    }
    const failure = late
      ? ownFailure('generation_timeout', 'The work deadline passed.')
      : failureOf(error, anySent);
    return this.end(work, attempt, { status: 'failed', images: [], usage: null, error: failure });
  }

  private end(
    work: Work,
    attempt: AttemptOutcome,
    ending: Pick<SettleItem, 'status' | 'usage' | 'error'> & Pick<AttemptResult, 'images'>,
  ): Promise<void> {
    const { status, usage, error, images } = ending;
    const { id, accountId, token, mode, request } = work;
    const item = { id, accountId, token, status, assets: images, error, usage, attempt };
    return this.settle(item, mode, request.model);
  }
}

function toOutcome(id: string, { images, error }: AttemptResult): AttemptOutcome {
  const known = { id, images: images.length };
  if (images.length > 0) return { ...known, state: 'succeeded', ...factsOf(error) };
  const unknown = error instanceof ProviderError && isUnknown(error);
  return { ...known, state: unknown ? 'unknown' : 'failed', ...factsOf(error) };
}

function factsOf(
  error: AttemptResult['error'],
): Pick<AttemptOutcome, 'failure' | 'httpStatus' | 'detail'> {
  if (error instanceof ProviderError) {
    const { failure, facts, message } = error;
    return { failure, httpStatus: facts.httpStatus ?? null, detail: message.slice(0, 500) };
  }
  return { failure: error?.code ?? null, httpStatus: null, detail: null };
}

function failureOf(error: AttemptResult['error'], anySent: boolean): PublicFailure {
  if (error instanceof ProviderError) return toPublicFailure(error, anySent);
  if (error?.code === 'storage_unavailable') {
    return ownFailure('storage_unavailable', 'The picture could not be stored.');
  }
  return ownFailure('internal_error', 'The generation failed.');
}
