import type { Millicredits } from '../common/credits.js';
import type { DomainErrorCode } from '../common/domain-error.js';
import type { PriceLine, ResolvedRequest, Tier } from '../models/index.js';
import type { Asset } from '../storage/index.js';
import type { PreviewFeed } from './preview-feed.js';
import type { RecordedUsage } from './usage-estimate.js';

export type GenerationStatus = 'pending' | 'processing' | 'succeeded' | 'failed' | 'canceled';
export type GenerationMode = 'live' | 'test' | 'demo';

/**
 * Caps that accept enforces under the account's lock. `null`: no such limit.
 * Credits are thousandths. Admission computes them from plan and key.
 */
export interface Caps {
  readonly account: CapSet;
  readonly key: CapSet;
}

export interface CapSet {
  readonly concurrency: number | null;
  readonly imagesPerDay: number | null;
  readonly creditsPerDay: Millicredits | null;
  readonly creditsPerMonth: Millicredits | null;
}

/** One request for images, as a surface hands it over. */
export interface RelayCommand {
  readonly accountId: string;
  readonly apiKeyId: string | null;
  readonly mode: 'live' | 'test';
  /** Permille of list price. */
  readonly priceFactor: number;
  readonly caps: Caps;
  readonly surface: string;
  readonly profile: string;
  readonly visibility: 'private' | 'public';
  readonly request: ResolvedRequest;
  /** SHA-256 over method, canonical route and parsed body (design §2). */
  readonly fingerprint: Buffer;
  /** Client's `Idempotency-Key`, 1 to 255 visible ASCII characters. */
  readonly idempotencyKey: string | null;
  readonly requestId: string;
  /** How the answer goes back. Missing: by the generation's id alone, so nothing is joined. */
  readonly delivery?: Delivery;
  /** The most that may be held, thousandths; missing: whatever the price is. */
  readonly maxHold?: Millicredits;
}

/** What a request without an Idempotency-Key says of its answer (design §2, joining). */
export interface Delivery {
  /** It takes over the lost answer of an equal request before it, if there is one. */
  readonly mayJoin: boolean;
  /** A connection waits for the end. False: it is answered with the id at once. */
  readonly waits: boolean;
  /** The client says that it sends this again because it got no answer. */
  readonly isRepeat?: boolean;
}

/** The state of one generation as its owner may see it. */
export interface Generation {
  readonly id: string;
  readonly accountId: string;
  readonly apiKeyId: string | null;
  readonly status: GenerationStatus;
  readonly mode: GenerationMode;
  readonly surface: string;
  /** Of its images; test pictures are never public. */
  readonly visibility: 'private' | 'public';
  readonly request: ResolvedRequest;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  /** The owner asked to cancel it; it may still end with pictures (design §2). */
  readonly cancelRequested: boolean;
  /** Its place among those that wait for an upstream; null unless pending. */
  readonly queue: QueuePlace | null;
  /** Public text and code of a failure. */
  readonly error: {
    readonly code: DomainErrorCode;
    readonly message: string;
    readonly retryable: boolean;
    readonly retryAfterSeconds: number | null;
  } | null;
  /** Delivered images in ordinal order; empty until succeeded. */
  readonly images: readonly Asset[];
  /** Null until succeeded. */
  readonly usage: RecordedUsage | null;
  readonly receipt: Receipt;
}

/** Where a pending generation stands. */
export interface QueuePlace {
  /** 1 is next. */
  readonly position: number;
  /** Whole seconds by the pace of the last minute; null when nothing was finished in it. */
  readonly estimateSeconds: number | null;
}

/** Why a generation cost what it cost. All amounts in thousandths. */
export interface Receipt {
  readonly catalogVersion: number;
  readonly priceFactor: number;
  readonly tierAsked: string;
  readonly quality: string;
  /** Held per image. */
  readonly unit: Millicredits;
  /** What was delivered, in ordinal order. */
  readonly images: readonly ReceiptImage[];
  /** Who counted the tokens; null until succeeded. */
  readonly usageSource: 'upstream' | 'estimated' | null;
  readonly held: Millicredits;
  readonly captured: Millicredits;
  readonly released: Millicredits;
  readonly refunded: Millicredits;
  readonly lines: readonly PriceLine[];
}

/** One delivered image and what it was charged, in thousandths, surcharges included. */
export interface ReceiptImage {
  /** By its pixels; what is charged is at most the tier asked for. */
  readonly tier: Tier;
  readonly width: number;
  readonly height: number;
  readonly credits: Millicredits;
}

/** A generation that has been accepted. */
export interface Accepted {
  readonly generationId: string;
  /** `replayed`: an earlier request made it; an Idempotency-Key or a lost answer led to it. */
  readonly origin: 'new' | 'replayed';
  readonly demo: boolean;
  /** Names this answer to `RelayService.answerLost`; null where no answer is owed. */
  readonly delivery: number | null;
  /** Resolves when the generation has ended, however long that takes; rejects only on an outage. */
  readonly ended: Promise<Generation>;
  /**
   * Where previews were asked for. They come while this process works on it: a
   * generation that was asked for before or runs elsewhere gives none.
   */
  readonly previews?: PreviewFeed;
}
