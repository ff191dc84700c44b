import { Injectable } from '@nestjs/common';
import { DomainError, invalidValue } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { Env } from '../config/index.js';
import { quote } from '../models/index.js';
import { type UpstreamSlot, UpstreamsService } from '../upstreams/index.js';
import type { Accepted, Generation, GenerationMode, RelayCommand } from './generation.js';
import {
  type AcceptAnswer,
  type AcceptItem,
  GenerationStore,
  isRefusal,
} from './generation-store.js';
import { RelayLifecycle } from './relay-lifecycle.js';
import { RelayViews } from './relay-views.js';
import { Runner } from './runner.js';
import { Waiters } from './waiters.js';
import type { Work } from './work.js';

const DEFAULT_DEADLINE_SECONDS = 900;
/** Generations of one account that may wait for a free upstream. */
const MAX_PENDING = 10_000;
const QUEUE_RETRY_SECONDS = 5;
/** Test keys draw at most this many pixels: 1024 × 1024. */
const TEST_MAX_PIXELS = 1_048_576;

/**
 * The core: turns a command into a generation that is accepted in one
 * transaction, worked on with none open, and settled in another. It knows no
 * HTTP and cannot tell which surface called.
 */
@Injectable()
export class RelayService {
  constructor(
    private readonly env: Env,
    private readonly store: GenerationStore,
    private readonly upstreams: UpstreamsService,
    private readonly runner: Runner,
    private readonly lifecycle: RelayLifecycle,
    private readonly waiters: Waiters,
    private readonly views: RelayViews,
  ) {}

  /**
   * Accepts a generation and starts work on it. From here on nobody's socket
   * matters: it runs to its end, is charged once and stays retrievable.
   *
   * @throws DomainError before anything moved: `insufficient_credits`, the 429s,
   * `invalid_api_key` (revoked meanwhile), `idempotency_key_reused`,
   * `model_unavailable`, `invalid_value` (a test key's size), `draining`.
   */
  async accept(command: RelayCommand): Promise<Accepted> {
    this.lifecycle.refuseWhileDraining();
    const { model, operation } = command.request;
    const mode =
      command.mode === 'test' ? checkTest(command) : this.upstreams.modeFor(model, operation);
    const slot = await this.takeSlot(command, mode);
    const item = this.toItem(command, mode, slot);
    let answer: AcceptAnswer;
    try {
      answer = await this.store.accept(item);
      if (isRefusal(answer)) throw await this.views.refusalOf(answer, item);
    } catch (error) {
      slot?.release();
      throw error;
    }
    return this.begin(item, answer, slot);
  }

  /** Null for missing, malformed and foreign ids alike. */
  find(accountId: string, id: string): Promise<Generation | null> {
    return this.views.find(accountId, id);
  }

  /**
   * Ends a generation that no attempt was sent for and releases all; records the
   * wish otherwise: the upstream is asked, and what it still delivers is charged
   * (design §2). Safe to repeat; what has ended stays as it is.
   *
   * @returns the state after it, or null for missing and foreign ids alike
   */
  async cancel(accountId: string, id: string): Promise<Generation | null> {
    return this.views.cancel(accountId, id);
  }

  /** Whether a request for this catalog name could be served now. */
  availability(model: string): boolean {
    return this.upstreams.isAvailable(model);
  }

  private begin(item: AcceptItem, answer: AcceptAnswer, slot: UpstreamSlot | null): Accepted {
    const ended = this.waiters.wait(answer.generationId);
    const demo = item.mode === 'demo';
    if (answer.verdict === 'duplicate') {
      slot?.release();
      return { generationId: answer.generationId, origin: 'replayed', demo, ended };
    }
    if (slot && item.lease) {
      void this.runner.start(toWork(item), { slot, attemptId: item.lease.attemptId });
    } else {
      this.lifecycle.announceWork();
    }
    return { generationId: item.id, origin: 'new', demo, ended };
  }

  /** Null: every capable upstream is full, the generation waits in the queue. */
  private async takeSlot(
    { accountId, request: { model, operation } }: RelayCommand,
    mode: GenerationMode,
  ): Promise<UpstreamSlot | null> {
    const slot = this.upstreams.acquire({ model, operation, mode });
    if (slot === 'none') {
      throw new DomainError('model_unavailable', `No upstream serves ${model} at the moment.`, {
        param: 'model',
        retryable: false,
      });
    }
    if (slot !== 'full') return slot;
    if ((await this.views.pendingOf(accountId)) >= MAX_PENDING) {
      throw new DomainError('model_unavailable', `Too many requests wait for ${model}.`, {
        retryAfterSeconds: QUEUE_RETRY_SECONDS,
        retryable: true,
      });
    }
    return null;
  }

  private toItem(
    command: RelayCommand,
    mode: GenerationMode,
    slot: UpstreamSlot | null,
  ): AcceptItem {
    const price = mode === 'live' ? quote(command.request, command.priceFactor) : null;
    return {
      id: newId(),
      command,
      mode,
      unit: price?.unitCredits ?? 0n,
      hold: price?.credits ?? 0n,
      deadlineSeconds: this.deadlineOf(command),
      workerId: this.lifecycle.workerId,
      lease: slot && {
        token: newId(),
        attemptId: newId(),
        upstream: slot.upstream.name,
      },
    };
  }

  /** The catalog's value where the model has one, capped by the variable when that is set (design §2). */
  private deadlineOf({ request: { deadlineSeconds } }: RelayCommand): number {
    const own = deadlineSeconds ?? DEFAULT_DEADLINE_SECONDS;
    const cap = this.env.WORK_DEADLINE_SECONDS;
    if (cap === undefined) return own;
    return deadlineSeconds === null ? cap : Math.min(own, cap);
  }
}

/** @throws DomainError `invalid_value` above one megapixel: test pictures are small (design §3). */
function checkTest({ request: { size } }: RelayCommand): 'test' {
  if (size !== 'auto' && size.width * size.height > TEST_MAX_PIXELS) {
    throw invalidValue('size', 'Test keys draw pictures of at most 1048576 pixels.', {
      nearest: '1024x1024',
    });
  }
  return 'test';
}

function toWork({ id, command, mode, unit, deadlineSeconds, lease }: AcceptItem): Work {
  return {
    id,
    accountId: command.accountId,
    token: lease!.token,
    mode,
    request: command.request,
    priceFactor: command.priceFactor,
    unit,
    remainingMs: deadlineSeconds * 1000,
  };
}
