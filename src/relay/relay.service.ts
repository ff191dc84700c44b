import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { toWireCredits } from '../common/credits.js';
import { DomainError, type DomainErrorCode, invalidValue } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { Env } from '../config/index.js';
import { DatabaseUnavailableError } from '../database/index.js';
import { type Quote, quote } from '../models/index.js';
import { type RouteRequest, type UpstreamSlot, UpstreamsService } from '../upstreams/index.js';
import { Deliveries } from './deliveries.js';
import { Doubts } from './doubts.js';
import type { Accepted, Generation, GenerationMode, RelayCommand } from './generation.js';
import { type AcceptAnswer, type AcceptItem, isRefusal } from './generation-items.js';
import { GenerationStore } from './generation-store.js';
import type { GenerationPage } from './generation-reader.js';
import { PreviewFeed } from './preview-feed.js';
import { RelayLifecycle } from './relay-lifecycle.js';
import { RelayViews } from './relay-views.js';
import { Runner } from './runner.js';
import { Waiters } from './waiters.js';
import type { Work } from './work.js';

/** In `DATA_DIR`; what is in it has no name and goes with the process. */
const PREVIEW_FOLDER = 'previews';
const DEFAULT_DEADLINE_SECONDS = 900;
/** Generations of one account that may wait for a free upstream. */
const MAX_PENDING = 10_000;
const QUEUE_RETRY_SECONDS = 5;
/** Refusals of new work that do not concern what was accepted before. */
const RECALL_ON: ReadonlySet<DomainErrorCode> = new Set([
  'model_unavailable',
  'price_changed',
  'draining',
]);
/** Test keys draw at most this many pixels: 1024 × 1024. */
const TEST_MAX_PIXELS = 1_048_576;
const DRAWN_FORMATS = ['png', 'jpeg', 'webp'];

/**
 * The core: turns a command into a generation that is accepted in one
 * transaction, worked on with none open, and settled in another. It knows no
 * HTTP and cannot tell which surface called.
 */
@Injectable()
export class RelayService {
  private readonly doubts = new Doubts();

  constructor(
    private readonly env: Env,
    private readonly store: GenerationStore,
    private readonly upstreams: UpstreamsService,
    private readonly runner: Runner,
    private readonly lifecycle: RelayLifecycle,
    private readonly waiters: Waiters,
    private readonly views: RelayViews,
    private readonly deliveries: Deliveries,
  ) {}

  /**
   * Accepts a generation and starts work on it. From here on nobody's socket
   * matters: it runs to its end, is charged once and stays retrievable. A repeat
   * of an earlier request is led to that one's generation, also while nothing
   * new could be accepted.
   *
   * @throws DomainError before anything moved: `insufficient_credits`, the 429s,
   * `invalid_api_key` (revoked meanwhile), `idempotency_key_reused`,
   * `model_unavailable`, `price_changed`, `invalid_value` (a test key's size),
   * `draining`, `idempotency_in_progress` (a repeat by key while draining).
   */
  async accept(command: RelayCommand): Promise<Accepted> {
    await this.deliveries.settled();
    const repeated = command.delivery?.isRepeat ? await this.settleDoubt(command) : null;
    if (repeated) return repeated;
    try {
      return await this.acceptNew(command);
    } catch (error) {
      const passing = error instanceof DomainError && RECALL_ON.has(error.code);
      const known = passing ? await this.recall(command) : null;
      if (!known) throw error;
      return known;
    }
  }

  /**
   * What a request would hold now; moves nothing. Free for test keys and demo pictures.
   *
   * @throws DomainError `invalid_value` for what test and demo never draw
   */
  quote(command: Pick<RelayCommand, 'mode' | 'priceFactor' | 'request'>): Quote {
    const full = quote(command.request, command.priceFactor);
    if (this.modeOf(command) === 'live') return full;
    checkDrawable(command.request);
    return { ...full, credits: 0n, unitCredits: 0n, lines: [] };
  }

  /** Says that the answer did not reach its caller, so that a repeat may have it. */
  answerLost({ generationId, delivery }: Pick<Accepted, 'generationId' | 'delivery'>): void {
    if (delivery !== null) this.deliveries.lost(generationId, delivery);
  }

  /** Says that the answer was sent, but that nobody may have read it. */
  answerDoubtful(
    command: Pick<RelayCommand, 'apiKeyId' | 'fingerprint'>,
    { generationId: id, delivery }: Pick<Accepted, 'generationId' | 'delivery'>,
  ): void {
    if (delivery !== null) this.doubts.add(command, { id, delivery });
  }

  /** Says that the caller was given the id instead of the end, so that nobody owes it more. */
  answeredWithId({ generationId, delivery }: Pick<Accepted, 'generationId' | 'delivery'>): void {
    if (delivery !== null) this.deliveries.handedOver(generationId, delivery);
  }

  /**
   * A repeat tells that an answer which looked delivered was not, unless another
   * one was lost for certain.
   */
  private async settleDoubt(command: RelayCommand): Promise<Accepted | null> {
    const doubt = command.idempotencyKey === null ? this.doubts.take(command) : null;
    if (!doubt) return null;
    const known = await this.recall(command);
    if (known) {
      this.doubts.add(command, doubt);
      return known;
    }
    this.deliveries.lost(doubt.id, doubt.delivery);
    await this.deliveries.settled();
    return null;
  }

  private async acceptNew(command: RelayCommand): Promise<Accepted> {
    this.lifecycle.refuseWhileDraining();
    const mode = this.modeNow(command);
    const price = mode === 'live' ? quote(command.request, command.priceFactor) : null;
    checkMaxHold(command, price?.credits ?? 0n);
    const slot = await this.takeSlot(command, mode);
    const item = this.toItem(command, mode, price, slot);
    let answer: AcceptAnswer;
    try {
      answer = await this.store.accept(item);
      if (isRefusal(answer)) throw await this.views.refusalOf(answer, item);
    } catch (error) {
      slot?.release();
      const unheard = error instanceof DatabaseUnavailableError && error.mayHaveRun;
      if (!unheard) throw error;
      // If it was accepted after all, a repeat may have it.
      this.answerLost({ generationId: item.id, delivery: item.delivery });
      throw toUnheard(item, slot);
    }
    return this.begin(item, answer, slot);
  }

  /** Null for missing, malformed and foreign ids alike. */
  find(accountId: string, id: string): Promise<Generation | null> {
    return this.views.find(accountId, id);
  }

  /**
   * Resolves when it has ended, however long that takes. For a generation that
   * `find` gave: of an id there is none of nothing is ever heard.
   */
  whenEnded({ id }: Pick<Generation, 'id'>): Promise<Generation> {
    return this.waiters.wait(id);
  }

  /** What the upstream calls its task; null where it works without. For an id that `find` gave. */
  upstreamTaskOf({ id }: Pick<Generation, 'id'>): Promise<string | null> {
    return this.views.upstreamTaskOf(id);
  }

  /** The account's generations, newest first. */
  list(accountId: string, filter: GenerationPage): Promise<Generation[]> {
    return this.views.list(accountId, filter);
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

  /**
   * Deletes the pictures of a generation that has ended, cancels one that has
   * not. Safe to repeat; the receipt stays.
   *
   * @returns the state after it, or null for missing and foreign ids alike
   */
  async discard(accountId: string, id: string): Promise<Generation | null> {
    return this.views.discard(accountId, id);
  }

  /** Models without an upstream are answered with demo pictures, which cost nothing. */
  get isDemo(): boolean {
    return this.upstreams.isDemo;
  }

  /** Whether a request for this catalog name could be served now. */
  availability(model: string): boolean {
    return this.upstreams.isAvailable(model);
  }

  /** Parameters beyond the catalog's that some upstream of this request passes on as they are. */
  passableParams(request: RouteRequest): ReadonlySet<string> {
    return this.upstreams.passableParams(request);
  }

  private begin(item: AcceptItem, answer: AcceptAnswer, slot: UpstreamSlot | null): Accepted {
    const { delivery } = item;
    const demo = item.mode === 'demo';
    if (answer.verdict !== 'ok') {
      slot?.release();
      return this.follow(answer.generationId, delivery, demo);
    }
    const ended = this.waiters.wait(item.id);
    const previews = this.expectPreviews(item, ended);
    if (slot && item.lease) {
      void this.runner.start(toWork(item), { slot, attemptId: item.lease.attemptId });
    } else {
      this.lifecycle.announceWork();
    }
    return { generationId: item.id, origin: 'new', demo, delivery, ended, previews };
  }

  private expectPreviews(
    { id, command: { request } }: AcceptItem,
    ended: Promise<Generation>,
  ): PreviewFeed | undefined {
    const { stream, partialImages = 0 } = request.parameters;
    if (!stream || partialImages === 0) return undefined;
    const folder = join(this.env.DATA_DIR, PREVIEW_FOLDER);
    const previews = new PreviewFeed(partialImages * request.count, folder);
    this.runner.passPreviews(id, previews, ended);
    return previews;
  }

  private follow(generationId: string, delivery: number | null, demo: boolean): Accepted {
    const ended = this.waiters.wait(generationId);
    // It may have ended long ago: there is nothing to wait for then.
    this.waiters.announce(generationId);
    return { generationId, origin: 'replayed', demo, delivery, ended };
  }

  /** Null: no earlier request is repeated. A process that stops joins nothing any more. */
  private async recall(command: RelayCommand): Promise<Accepted | null> {
    const { isDraining, workerId } = this.lifecycle;
    const delivery = isDraining ? null : this.deliveryOf(command);
    if (command.idempotencyKey === null && delivery === null) return null;
    const { verdict, generationId } = await this.store.recall({ command, delivery, workerId });
    if (verdict === null || verdict === 'key_reused') return null;
    const generation = await this.views.find(command.accountId, generationId);
    if (isDraining && generation?.finishedAt === null) {
      throw new DomainError('idempotency_in_progress', 'The first request is still running.', {
        generationId,
        retryAfterSeconds: 1,
      });
    }
    return this.follow(generationId, delivery, generation?.mode === 'demo');
  }

  /** An Idempotency-Key leads back to its generation by itself. */
  private deliveryOf({ idempotencyKey, delivery }: RelayCommand): number | null {
    return idempotencyKey === null && delivery ? this.deliveries.next() : null;
  }

  /** @throws DomainError `model_unavailable`, or `invalid_value` for what test and demo never draw */
  private modeNow({ mode: asked, request }: RelayCommand): GenerationMode {
    const { model, operation } = request;
    const mode =
      asked === 'test' ? checkTest({ request }) : this.upstreams.modeFor(model, operation);
    if (mode !== 'live') checkDrawable(request);
    return mode;
  }

  /** For a model that nothing serves the price is that of live work. */
  private modeOf(command: Pick<RelayCommand, 'mode' | 'request'>): GenerationMode {
    if (command.mode === 'test') return checkTest(command);
    const { model, operation } = command.request;
    return this.upstreams.isAvailable(model) ? this.upstreams.modeFor(model, operation) : 'live';
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
    price: Quote | null,
    slot: UpstreamSlot | null,
  ): AcceptItem {
    return {
      id: newId(),
      command,
      mode,
      unit: price?.unitCredits ?? 0n,
      hold: price?.credits ?? 0n,
      deadlineSeconds: this.deadlineOf(command),
      workerId: this.lifecycle.workerId,
      delivery: this.deliveryOf(command),
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

/**
 * Nobody heard whether it was accepted. If it was, the orphan sweep ends a leased
 * one uncharged, but a queued one is worked on, and so is one that may be sent
 * again: then only its key makes a retry safe.
 */
function toUnheard({ id, command }: AcceptItem, slot: UpstreamSlot | null): DomainError {
  const isWorkedOn = slot === null || slot.upstream.config.safeToRepeat;
  return new DomainError(
    'database_unavailable',
    'The database did not say in time whether the generation was accepted. Look it up by its id.',
    {
      generationId: id,
      retryAfterSeconds: 1,
      retryable: !isWorkedOn || command.idempotencyKey !== null,
    },
  );
}

/** @throws DomainError `invalid_value` above one megapixel: test pictures are small (design §3). */
function checkTest({ request: { size } }: Pick<RelayCommand, 'request'>): 'test' {
  if (size !== 'auto' && size.width * size.height > TEST_MAX_PIXELS) {
    throw invalidValue('size', 'Test keys draw pictures of at most 1048576 pixels.', {
      nearest: '1024x1024',
    });
  }
  return 'test';
}

/** @throws DomainError `invalid_value` for a format that the local renderer cannot draw. */
function checkDrawable({ parameters }: RelayCommand['request']): void {
  const format = parameters.outputFormat ?? 'png';
  if (DRAWN_FORMATS.includes(format)) return;
  throw invalidValue('output_format', `Test and demo pictures are never ${format}.`, {
    accepted: DRAWN_FORMATS,
    nearest: 'png',
  });
}

/** @throws DomainError `price_changed` when more would be held than the caller agreed to. */
function checkMaxHold({ maxHold }: RelayCommand, hold: bigint): void {
  if (maxHold === undefined || hold <= maxHold) return;
  throw new DomainError(
    'price_changed',
    `This request would hold ${toWireCredits(hold)} credits, more than the ` +
      `${toWireCredits(maxHold)} that were agreed to.`,
    { retryable: false },
  );
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
    sentBefore: [],
  };
}
