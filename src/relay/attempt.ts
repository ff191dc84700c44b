import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { newCapability, newId } from '../common/ids.js';
import { isOutage } from '../database/index.js';
import { EgressError, GuardedFetcher } from '../egress/index.js';
import { captureFor } from '../models/index.js';
import {
  type FinalImage,
  type ProviderImage,
  ProviderError,
  type ProviderRequest,
  type Usage,
} from '../providers/index.js';
import {
  type AssetRef,
  AssetStore,
  BlockedHashes,
  type GateLimits,
  ImageBlockedError,
  type ImageMediaType,
  ImageRejectedError,
  type StoredObject,
} from '../storage/index.js';
import type { UpstreamSlot } from '../upstreams/index.js';
import { toProviderError } from './failure.js';
import type { AssetRow } from './generation-items.js';
import { GenerationStore } from './generation-store.js';
import { toProviderRequest } from './provider-request.js';
import { type ImagesResult, TaskCanceledError, TaskFollower } from './task-follower.js';
import { addUsage } from './usage-estimate.js';
import type { Work } from './work.js';

/** What one attempt brought. With images it counts as a success, however it ended. */
export interface AttemptResult {
  readonly images: readonly AssetRow[];
  readonly usage: Usage | null;
  /** Why it brought fewer than asked; null when all came. */
  readonly error: ProviderError | DomainError | null;
  /** Whether any byte of it may have reached the upstream. */
  readonly sent: boolean;
}

/** An attempt whose row is written and whose slot is taken: bytes may leave. */
export interface Started {
  readonly slot: UpstreamSlot;
  readonly attemptId: string;
  /** The upstream's tasks for it, by the first image each makes, from before this process held it. */
  readonly tasks?: Readonly<Record<number, string>>;
}

const MAX_IMAGE_BYTES = 64 * 1024 * 1024;
const MAX_IMAGE_PIXELS = 40_000_000;
const LINK_DEADLINE_MS = 60_000;
/** Characters of a link that is kept; a signed one has some hundreds. */
const MAX_LINK = 8192;
const RASTER: readonly ImageMediaType[] = ['image/png', 'image/jpeg', 'image/webp'];
/** Nothing else will do for who asked for one of these: a still picture is no animation, nor a drawing. */
const ON_REQUEST: Readonly<Record<string, ImageMediaType>> = {
  gif: 'image/gif',
  svg: 'image/svg+xml',
};

/** One upstream, asked once per image: calls it, stores what comes, says what happened. */
@Injectable()
export class AttemptRunner {
  constructor(
    private readonly store: AssetStore,
    private readonly fetcher: GuardedFetcher,
    private readonly generations: GenerationStore,
    private readonly tasks: TaskFollower,
    private readonly blocked: BlockedHashes,
  ) {}

  /** Never rejects. An upstream that gives fewer images a call than asked is called several times. */
  async run(work: Work, started: Started, signal: AbortSignal): Promise<AttemptResult> {
    const { slot } = started;
    work.previews?.startOver();
    const { attemptTimeoutSeconds } = slot.upstream.config;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(attemptTimeoutSeconds * 1000)]);
    const { maxCount } = slot.provider.capabilities(slot.upstreamModel);
    const calls = split(work.request.count, maxCount);
    const results = await Promise.all(calls.map((call) => this.call(work, started, call, limit)));
    return {
      images: results.flatMap(({ images }) => images).sort((a, b) => a.ordinal - b.ordinal),
      usage: addUsage(results.map(({ usage }) => usage)),
      error: worst(results.map(({ error }) => error)),
      sent: results.some(({ sent }) => sent),
    };
  }

  private async call(
    work: Work,
    started: Started,
    call: Call,
    signal: AbortSignal,
  ): Promise<AttemptResult> {
    const { slot } = started;
    const images: AssetRow[] = [];
    let rejection: ProviderError | null = null;
    try {
      const result = await this.begin(work, started, call, signal);
      for await (const image of result.images) {
        if (!isWanted(image, call, images)) {
          await passOver(work, image);
          continue;
        }
        const stored = await this.keep(work, slot, image, call, signal);
        if (stored instanceof ProviderError) rejection = stored;
        else images.push(stored);
      }
      const usage = images.length > 0 ? await result.usage : null;
      const short = images.length < call.count ? (rejection ?? tooFew(images.length)) : null;
      return { images, usage, error: short, sent: true };
    } catch (cause) {
      const error = toProviderError(cause, signal);
      const sent = !(error instanceof ProviderError) || error.facts.sent;
      return { images, usage: null, error, sent };
    }
  }

  /** Asks the upstream, or after the task it already has; resolves when images begin to come. */
  private async begin(
    work: Work,
    { slot, attemptId, tasks }: Started,
    call: Call,
    signal: AbortSignal,
  ): Promise<ImagesResult> {
    if (tasks) return this.resume(work, slot, tasks[call.offset], signal);
    const result = await slot.provider.start(this.requestOf(work, slot, call), signal);
    if (result.kind === 'images') return result;
    return this.tasks.follow(work, slot, { attemptId, offset: call.offset }, result, signal);
  }

  private requestOf(work: Work, { upstreamModel }: UpstreamSlot, call: Call): ProviderRequest {
    const open = async (ref: AssetRef) => (await this.store.open(ref)).stream;
    return toProviderRequest(work, { upstreamModel, count: call.count }, open);
  }

  /** A call whose task nobody knows may have been made: it is not made again. */
  private resume(
    work: Work,
    slot: UpstreamSlot,
    upstreamTaskId: string | undefined,
    signal: AbortSignal,
  ): Promise<ImagesResult> {
    if (upstreamTaskId === undefined) {
      throw new ProviderError('interrupted', 'no task was saved for this call', { sent: true });
    }
    return this.tasks.poll(work, slot, { kind: 'task', upstreamTaskId, pollAfterMs: 0 }, signal);
  }

  /** @returns the refusal of the image gate as an error value: the images after it may be good. */
  private async keep(
    work: Work,
    slot: UpstreamSlot,
    image: FinalImage,
    call: Call,
    signal: AbortSignal,
  ): Promise<AssetRow | ProviderError> {
    try {
      const stored = await this.store.put({
        accountId: work.accountId,
        assetId: newId(),
        source: await this.open(image, slot, signal),
        limits: limitsFor(work, slot),
        signal,
        isBlocked: (sha256) => this.blocked.has(sha256),
      });
      const place = { ordinal: call.offset + image.ordinal, ...linkOf(image, slot) };
      const row = toAssetRow(work, stored, place);
      if (work.request.count > 1) await this.record(work, row);
      return row;
    } catch (error) {
      if (error instanceof ImageBlockedError) {
        return new ProviderError('refused', error.message, { sent: true, cause: error });
      }
      if (error instanceof ImageRejectedError || error instanceof EgressError) {
        return new ProviderError('malformed', error.message, { sent: true, cause: error });
      }
      throw error;
    }
  }

  private async open(image: FinalImage, slot: UpstreamSlot, signal: AbortSignal) {
    if ('stream' in image.source) return image.source.stream;
    const { baseUrl, allowPrivateNetwork } = slot.upstream.config;
    const { stream } = await this.fetcher.fetch(image.source.url, {
      maxBytes: MAX_IMAGE_BYTES,
      deadlineMs: LINK_DEADLINE_MS,
      accept: 'image/*',
      allowOrigin: allowPrivateNetwork && baseUrl ? new URL(baseUrl).origin : undefined,
      signal,
    });
    return stream;
  }

  /** Through an outage the picture is not lost: settle records what is not recorded yet. */
  private async record(work: Work, row: AssetRow): Promise<void> {
    const held = await this.generations
      .recordImage(work.id, work.token, row)
      .catch((error: unknown) => {
        if (isOutage(error)) return true;
        throw error;
      });
    if (held) return;
    throw new DomainError('generation_timeout', 'Another worker took the generation over.');
  }
}

/** A part of the images asked for, in one call to the upstream. */
interface Call {
  readonly offset: number;
  readonly count: number;
}

function split(count: number, maxCount: number): Call[] {
  const calls: Call[] = [];
  for (let offset = 0; offset < count; offset += maxCount) {
    calls.push({ offset, count: Math.min(maxCount, count - offset) });
  }
  return calls;
}

function limitsFor({ request }: Work, slot: UpstreamSlot): GateLimits {
  const only = ON_REQUEST[request.parameters.outputFormat ?? ''];
  return {
    maxBytes: MAX_IMAGE_BYTES,
    maxPixels: MAX_IMAGE_PIXELS,
    mediaTypes: only ? [only] : RASTER,
    decodePixels: !slot.upstream.config.trusted,
  };
}

/** More than was asked for, or a second in one place, cannot be settled, and is nobody's. */
function isWanted(
  image: ProviderImage,
  { offset, count }: Call,
  kept: readonly AssetRow[],
): image is FinalImage {
  if (image.partial || image.ordinal >= count) return false;
  return kept.every(({ ordinal }) => ordinal !== offset + image.ordinal);
}

async function passOver(work: Work, image: ProviderImage): Promise<void> {
  // Nothing of a preview is kept; what nobody waits for is left unread.
  if (image.partial) await work.previews?.pass(image);
  else if ('stream' in image.source) image.source.stream.destroy();
}

/** The upstream's own link, where its operator lets it be shown. */
function linkOf({ source }: FinalImage, { upstream }: UpstreamSlot): Pick<AssetRow, 'sourceUrl'> {
  const isShown = upstream.config.exposeLinks && 'url' in source && source.url.length <= MAX_LINK;
  return isShown ? { sourceUrl: source.url } : {};
}

function toAssetRow(
  work: Work,
  stored: StoredObject,
  place: Pick<AssetRow, 'ordinal' | 'sourceUrl'>,
): AssetRow {
  const { price } = work.request;
  const credits =
    work.mode === 'live' ? captureFor(price, work.priceFactor, stored, work.unit) : 0n;
  return {
    id: stored.assetId,
    ...place,
    sha256: stored.sha256,
    mediaType: stored.mediaType,
    width: stored.width,
    height: stored.height,
    bytes: stored.bytes,
    credits: credits.toString(),
    linkToken: newCapability(),
  };
}

function tooFew(images: number): ProviderError {
  return new ProviderError('malformed', `the upstream gave only ${images} usable images`, {
    sent: true,
  });
}

/**
 * Of several calls' errors the one that decides: ours first, then a refusal,
 * then an unknown fate. Canceled is only what was canceled in all its calls.
 */
function worst(errors: (ProviderError | DomainError | null)[]): AttemptResult['error'] {
  const rank = (error: ProviderError | DomainError) => {
    if (error instanceof DomainError) return 0;
    return { refused: 1, interrupted: 2, timeout: 2 }[error.failure as string] ?? 3;
  };
  const found = errors.filter((error) => error !== null);
  const others = found.filter((error) => !(error instanceof TaskCanceledError));
  const deciding = others.length > 0 ? others : found;
  return deciding.sort((a, b) => rank(a) - rank(b))[0] ?? null;
}
