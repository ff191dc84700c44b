import type { Millicredits } from '../common/credits.js';
import type { JsonObject } from '../common/strict-json.js';

export type Tier = '1k' | '2k' | '4k';
export type Operation = 'generate' | 'edit';

/**
 * What a caller asks for in our words, parsed but not yet checked against the
 * catalog. `undefined` means "not sent". Surfaces map their own names to these
 * and name their own field in `wireNames` so that a refusal speaks their language.
 */
export interface ImageParameters {
  readonly model: string;
  readonly operation: Operation;
  readonly prompt: string;
  readonly count?: number;
  /** `WxH` or `auto`, as sent. */
  readonly size?: string;
  readonly aspectRatio?: string;
  readonly resolution?: string;
  readonly quality?: string;
  readonly style?: string;
  readonly background?: string;
  readonly outputFormat?: string;
  readonly outputCompression?: number;
  readonly moderation?: string;
  readonly thinkingLevel?: string;
  readonly complexity?: string;
  readonly frameCount?: number;
  readonly frameDurationMs?: number;
  readonly inputFidelity?: string;
  readonly stream?: boolean;
  readonly partialImages?: number;
  readonly user?: string;
  /** Number of input images of an edit. */
  readonly inputImages?: number;
  readonly mask?: boolean;
}

export interface ResolveOptions {
  /** Strict surfaces (001, 002) refuse a parameter the model lacks; lenient ones drop and name it. */
  readonly strict: boolean;
  /** Our field → the surface's name for it, e.g. `{ count: 'n' }`. Missing: the snake_case of ours. */
  readonly wireNames?: Partial<Record<keyof ImageParameters, string>>;
  /** Narrower limits than the catalog's, from a profile (design §6). */
  readonly promptMin?: number;
  readonly promptMax?: number;
  readonly countMax?: number;
  /** Names or aliases the caller may ask for; a refusal names no others. Missing or null: all. */
  readonly allowed?: readonly string[] | null;
  /** The surface asks for at most this tier, whatever comes (001, 002). */
  readonly capTier?: Tier;
}

/** An asset of the account that an edit is made from. */
export interface RequestInput {
  readonly assetId: string;
  readonly role: 'image' | 'mask';
  readonly mediaType: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
}

/** A request the catalog has accepted, with its price frozen. Plain JSON: it is stored as it is. */
export interface ResolvedRequest {
  /** Catalog name (aliases folded). */
  readonly model: string;
  /** The name the caller used; answers echo this one. */
  readonly requestedModel: string;
  readonly ownedBy: string;
  readonly catalogVersion: number;
  readonly operation: Operation;
  /** Of an edit: its images in the order sent, and its mask. */
  readonly inputs?: readonly RequestInput[];
  /** Empty once the operator no longer keeps it (docs/retention.md). */
  readonly prompt: string;
  /**
   * Where in the prompt a style begins (UTF-16) that a surface takes in words of
   * its own: upstreams read one text, and it goes with the prompt.
   */
  readonly styleFrom?: number;
  /** Of a prompt that is no longer kept: its length in UTF-8. */
  readonly promptBytes?: number;
  readonly count: number;
  readonly size: { readonly width: number; readonly height: number } | 'auto';
  readonly parameters: {
    readonly quality?: string;
    readonly style?: string;
    readonly background?: string;
    readonly outputFormat?: string;
    readonly outputCompression?: number;
    readonly moderation?: string;
    readonly thinkingLevel?: string;
    readonly aspectRatio?: string;
    readonly resolution?: string;
    readonly complexity?: string;
    readonly frameCount?: number;
    readonly frameDurationMs?: number;
    readonly inputFidelity?: string;
    readonly user?: string;
    /** Set only when the answer is to be streamed. */
    readonly stream?: true;
    /** Previews per image, with `stream` only; 0 is left out. */
    readonly partialImages?: number;
  };
  /** Parameters that no catalog knows and an upstream passes on as they are; kept as long as the prompt. */
  readonly extras?: JsonObject;
  /** Wire names of parameters that were dropped, in the order sent. */
  readonly ignored: readonly string[];
  readonly price: PriceBasis;
  /** The model's own work deadline, seconds, if it has one. */
  readonly deadlineSeconds: number | null;
}

/**
 * Everything needed to explain or recompute a charge after the catalog has
 * changed: it is frozen on the generation. Amounts are decimal strings of
 * thousandths (JSON has no bigint), before the account's factor.
 */
export interface PriceBasis {
  readonly kind: 'image';
  readonly tier: Tier;
  readonly quality: string;
  /** Base price per image by tier for this operation and quality. */
  readonly tiers: Readonly<Partial<Record<Tier, string>>>;
  /** Largest pixel counts that still are 1k and 2k. */
  readonly tierPixels: { readonly '1k': number; readonly '2k': number };
  /** Per image, each a receipt line; entries of 0 are left out. */
  readonly surcharges: readonly { readonly label: string; readonly credits: string }[];
}

/** One line of a receipt or quote. */
export interface PriceLine {
  readonly label: string;
  readonly quantity: number;
  readonly unit: Millicredits;
  readonly amount: Millicredits;
}

export interface Quote {
  /** Total to hold. */
  readonly credits: Millicredits;
  /** Per image, factor applied. */
  readonly unitCredits: Millicredits;
  readonly tier: Tier;
  readonly quality: string;
  readonly count: number;
  readonly catalogVersion: number;
  readonly lines: readonly PriceLine[];
}
