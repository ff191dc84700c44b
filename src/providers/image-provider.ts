import type { Readable } from 'node:stream';
import type { JsonObject } from '../common/strict-json.js';

/** What we ask of an upstream: validated, priced, and free of any surface's vocabulary. */
export interface ProviderRequest {
  /** Ours, for upstreams that take an idempotency key. Never shown to customers of others. */
  readonly generationId: string;
  /** The name in the catalog, for providers that draw rather than call. */
  readonly model: string;
  /** The upstream's own name for the model. */
  readonly upstreamModel: string;
  readonly operation: 'generate' | 'edit';
  /** Of an edit, 1 or more, in the order sent. */
  readonly inputs?: readonly ProviderInput[];
  /** Of an edit: where it is transparent the first input is to change. */
  readonly mask?: ProviderInput;
  readonly prompt: string;
  /** Images wanted from this one call, ≥ 1. */
  readonly count: number;
  readonly size: { readonly width: number; readonly height: number } | 'auto';
  readonly parameters: ProviderParameters;
  /** By their own names, as the caller sent them; a provider takes those that its upstream lists. */
  readonly extras?: JsonObject;
  /** Set for test keys only: the failure the customer asked to see (design §5). */
  readonly fault?: string;
  /** The picture is a demonstration and must say so on its face. */
  readonly demo?: boolean;
}

/** An image of the caller's, stored here and as good as it was when the request came. */
export interface ProviderInput {
  /** Its bytes from the beginning, each time. Rejects with a `DomainError` when the store fails. */
  open(): Promise<Readable>;
  readonly mediaType: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  /** Ours, such as `image-1.png`: nothing of what the caller named it. */
  readonly fileName: string;
}

/** Catalog parameters in our words; `undefined` means the caller left it to the model. */
export interface ProviderParameters {
  readonly quality?: string;
  readonly style?: string;
  readonly background?: string;
  readonly outputFormat?: string;
  /** 0 to 100, JPEG and WebP only. */
  readonly outputCompression?: number;
  readonly moderation?: string;
  readonly thinkingLevel?: string;
  readonly aspectRatio?: string;
  readonly resolution?: string;
  readonly complexity?: string;
  readonly frameCount?: number;
  readonly frameDurationMs?: number;
  /** How closely an edit keeps to its inputs. */
  readonly inputFidelity?: string;
  /** The caller's end-user tag. */
  readonly user?: string;
  /** The caller waits for events: a provider that can may give previews. */
  readonly stream?: true;
  /** Most previews per image, with `stream` only. */
  readonly partialImages?: number;
}

/** One picture on its way. */
export type ProviderImage = FinalImage | PreviewImage;

/** `stream` carries its raw file bytes; a `url` is fetched by relay, never here. */
export interface FinalImage {
  /** 0-based and distinct. */
  readonly ordinal: number;
  readonly partial: false;
  readonly source: { readonly stream: Readable } | { readonly url: string };
}

/** A preview of an image still being made. */
export interface PreviewImage {
  /** Of the image. */
  readonly ordinal: number;
  readonly partial: true;
  /**
   * Its number among those of its image, 0-based. To be asked once its stream has
   * ended, since an upstream may tell it last.
   */
  readonly partialIndex: () => number;
  readonly source: PreviewSource;
}

/**
 * `stream` carries raw file bytes, `base64` the characters of plain base64: what
 * came as text and leaves as text is not decoded on the way.
 */
export type PreviewSource = { readonly stream: Readable } | { readonly base64: Readable };

/** Token counts as OpenAI names them, when the upstream reports any. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly inputTextTokens?: number;
  readonly inputImageTokens?: number;
}

export type ProviderResult =
  | {
      readonly kind: 'images';
      /**
       * Zero to `count` final images; fewer is no error. The consumer sets the
       * pace: it drains one stream before it asks for the next image. Rejects
       * with a `ProviderError`, as does a stream that breaks half-way.
       */
      readonly images: AsyncIterable<ProviderImage>;
      /** Settles once `images` is drained; never rejects. */
      readonly usage: Promise<Usage | null>;
    }
  | { readonly kind: 'task'; readonly upstreamTaskId: string; readonly pollAfterMs: number };

/**
 * One upstream account of one kind. An adapter translates and transports,
 * nothing else: it knows no accounts, credits, storage or surfaces, and keeps no
 * state between calls but its connections.
 */
export interface ImageProvider {
  /**
   * Throws a `ProviderError`, or the `DomainError` of an input that could not be
   * read, nothing else. Must stop promptly when `signal`
   * aborts; the dispatcher owns the deadline.
   */
  start(request: ProviderRequest, signal: AbortSignal): Promise<ProviderResult>;
  /** Only for providers that answer `kind: 'task'`. */
  poll?(upstreamTaskId: string, signal: AbortSignal): Promise<ProviderResult>;
  /** True when the upstream confirms that it stopped and did not bill. */
  cancel?(upstreamTaskId: string, signal: AbortSignal): Promise<boolean>;
  capabilities(upstreamModel: string): ProviderCapabilities;
  /** Closes connections; calls in flight are let finish by the drain before this. */
  close(): Promise<void>;
}

export interface ProviderCapabilities {
  readonly operations: readonly ('generate' | 'edit')[];
  /** Most images one call can give; the dispatcher fans out above it. */
  readonly maxCount: number;
  /** Whether it asks for a stream when the caller does; else one answer brings all images. */
  readonly stream: boolean;
  /** Names of `extras` it passes on; none unless told. */
  readonly passParams?: readonly string[];
}

/** What a provider kind needs to serve one configured upstream. */
export interface ProviderSettings {
  readonly name: string;
  readonly baseUrl: string | null;
  readonly apiKey: string | null;
  readonly allowPrivateNetwork: boolean;
  /** Total time for one attempt, ms; the signal enforces it too. */
  readonly attemptTimeoutMs: number;
  readonly quirks: Readonly<Record<string, unknown>>;
}

export interface ImageProviderFactory {
  /** The name used in an upstream's `provider` field, e.g. `openai-compatible`. */
  readonly kind: string;
  /** Names every problem of the settings; empty when they can be served. */
  check(settings: ProviderSettings): readonly string[];
  create(settings: ProviderSettings): ImageProvider;
}

/**
 * - `refused`: the upstream's policy said no (final)
 * - `invalid`: it called our validated request invalid
 * - `auth`, `quota`: our key or our money there is bad
 * - `rate_limited`, `unavailable`: it answered that it cannot now, or was not reached
 * - `interrupted`: reset or cut after sending began, outcome unknown
 * - `timeout`: the attempt's time ran out, outcome unknown once sent
 * - `malformed`: it answered something that is no usable picture
 */
export type ProviderFailure =
  | 'refused'
  | 'invalid'
  | 'auth'
  | 'quota'
  | 'rate_limited'
  | 'unavailable'
  | 'interrupted'
  | 'timeout'
  | 'malformed';

export interface ProviderErrorFacts {
  /** Whether any byte of the request may have reached the upstream. */
  readonly sent: boolean;
  readonly httpStatus?: number;
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** The only error an adapter throws. `message` is for the operator: no prompt, key or image bytes. */
export class ProviderError extends Error {
  constructor(
    readonly failure: ProviderFailure,
    message: string,
    readonly facts: ProviderErrorFacts,
  ) {
    super(message, { cause: facts.cause });
    this.name = ProviderError.name;
  }
}
