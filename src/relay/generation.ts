import type { Millicredits } from '../common/credits.js';
import type { DomainErrorCode } from '../common/domain-error.js';
import type { PriceLine, ResolvedRequest } from '../models/index.js';
import type { Usage } from '../providers/index.js';
import type { Asset } from '../storage/index.js';

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
}

/** The state of one generation as its owner may see it. */
export interface Generation {
  readonly id: string;
  readonly accountId: string;
  readonly apiKeyId: string | null;
  readonly status: GenerationStatus;
  readonly mode: GenerationMode;
  readonly surface: string;
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
  readonly usage: Usage | null;
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
  readonly held: Millicredits;
  readonly captured: Millicredits;
  readonly released: Millicredits;
  readonly refunded: Millicredits;
  readonly lines: readonly PriceLine[];
}

/** A generation that has been accepted. */
export interface Accepted {
  readonly generationId: string;
  /** `replayed`: an Idempotency-Key named it before. */
  readonly origin: 'new' | 'replayed';
  readonly demo: boolean;
  /** Resolves when the generation has ended, however long that takes; rejects only on an outage. */
  readonly ended: Promise<Generation>;
}
