import type { Operation, Tier } from './image-request.js';

/** Texts by language tag; `en` is always there. */
export type Localized = Readonly<Record<string, string>> & { readonly en: string };

export type Lifecycle = 'active' | 'deprecated' | 'retired';

/**
 * The catalog as operators write it: YAML or JSON, checked against
 * `config/catalog.schema.json`, which also documents every key. Credits are
 * wire credits (at most three decimals); sizes are `WxH` in pixels.
 */
export interface CatalogDocument {
  readonly models: readonly ModelDocument[];
}

export interface ModelDocument {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly title: Localized;
  readonly description?: Localized;
  readonly tags?: readonly Localized[];
  readonly ownedBy: string;
  /** `YYYY-MM-DD`. */
  readonly created: string;
  readonly lifecycle: Lifecycle;
  /** The vendor's end of service, `YYYY-MM-DD`. */
  readonly shutdown?: string;
  /** The model to use instead of a deprecated or retired one. */
  readonly replacement?: string;
  readonly operations: readonly Operation[];
  /** Code points. */
  readonly prompt: { readonly min?: number; readonly max: number };
  readonly count: { readonly max: number };
  readonly sizes: SizesDocument;
  readonly aspectRatios?: Readonly<Record<string, Readonly<Partial<Record<Tier, string>>>>>;
  readonly qualities?: readonly string[];
  readonly defaultQuality?: string;
  readonly styles?: readonly string[];
  readonly backgrounds?: readonly string[];
  readonly outputFormats?: readonly string[];
  readonly moderations?: readonly string[];
  readonly complexities?: readonly string[];
  readonly thinkingLevels?: readonly string[];
  readonly frames?: FramesDocument;
  readonly inputs?: {
    readonly images: number;
    readonly mask?: boolean;
    readonly fidelities?: readonly string[];
  };
  readonly stream?: boolean;
  readonly deadlineSeconds?: number;
  readonly surcharges?: SurchargesDocument;
  readonly prices: readonly PriceDocument[];
}

export interface SizesDocument {
  readonly default: string;
  /** Offers `auto` and says which tier it holds. */
  readonly autoTier?: Tier;
  readonly list?: readonly string[];
  readonly rule?: {
    readonly multipleOf: number;
    readonly minPixels: number;
    readonly maxPixels: number;
    readonly minEdge?: number;
    readonly maxEdge: number;
    readonly ratio: readonly [string | number, string | number];
  };
  readonly tierPixels?: { readonly '1k': number; readonly '2k': number };
}

export interface FramesDocument {
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly maxDurationMs: number;
}

export interface SurchargesDocument {
  readonly inputImage?: { readonly included: number; readonly credits: number };
  readonly partialImage?: number;
  readonly frame?: number;
  readonly thinking?: Readonly<Record<string, number>>;
}

export interface PriceDocument {
  readonly tier: Tier;
  readonly credits: number;
  readonly quality?: string;
  readonly operation?: Operation;
  /** Says that a price of 0 is meant. */
  readonly free?: boolean;
}
