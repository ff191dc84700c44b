import type { Millicredits } from '../common/credits.js';
import type { Lifecycle, Localized } from './document.js';
import type { Operation, Tier } from './image-request.js';
import type { Size, SizeRule } from './sizes.js';
import type { TierPixels } from './tiers.js';

/** A size as requests resolve to it, with the tier it is sold in. */
export interface PricedSize {
  readonly size: Size | 'auto';
  readonly tier: Tier;
}

export interface ModelSizes {
  /** What a request without a size gets. */
  readonly default: PricedSize;
  /** The tier held for `auto`; `null`: the model does not take `auto`. */
  readonly autoTier: Tier | null;
  /** Published sizes in document order. */
  readonly list: readonly Size[];
  readonly rule: SizeRule | null;
  readonly tierPixels: TierPixels;
  /** Every size accepted by name: list and aspect-ratio table. */
  readonly byName: ReadonlyMap<string, PricedSize>;
}

/** Enumerated parameters: empty means that the model has no such parameter. */
export interface ModelOptions {
  readonly quality: readonly string[];
  readonly style: readonly string[];
  readonly background: readonly string[];
  readonly outputFormat: readonly string[];
  readonly moderation: readonly string[];
  readonly complexity: readonly string[];
  readonly thinkingLevel: readonly string[];
  readonly inputFidelity: readonly string[];
}

export interface ModelFrames {
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly maxDurationMs: number;
}

/** Thousandths of a credit. `null`: not declared, so not offered. */
export interface ModelSurcharges {
  readonly inputImage: { readonly included: number; readonly credits: Millicredits } | null;
  readonly partialImage: Millicredits | null;
  readonly frame: Millicredits | null;
  readonly thinking: ReadonlyMap<string, Millicredits>;
}

/** Base price per image by tier, as decimal strings of thousandths. */
export type TierPrices = Readonly<Partial<Record<Tier, string>>>;

/** One model that is sold: what it takes and what it costs. Immutable. */
export interface CatalogModel {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly title: Localized;
  readonly description: Localized | null;
  readonly tags: readonly Localized[];
  readonly ownedBy: string;
  /** Unix seconds. */
  readonly created: number;
  readonly lifecycle: Lifecycle;
  readonly shutdown: string | null;
  readonly replacement: string | null;
  readonly operations: readonly Operation[];
  readonly prompt: { readonly min: number; readonly max: number };
  readonly countMax: number;
  readonly sizes: ModelSizes;
  readonly aspectRatios: ReadonlyMap<string, ReadonlyMap<Tier, PricedSize>>;
  readonly options: ModelOptions;
  /** The quality that a request without one is priced at. */
  readonly defaultQuality: string;
  readonly frames: ModelFrames | null;
  readonly inputs: { readonly images: number; readonly mask: boolean };
  readonly stream: boolean;
  readonly deadlineSeconds: number | null;
  readonly surcharges: ModelSurcharges;
  /** Complete for everything offered; asked by `pricesFor`. */
  readonly prices: ReadonlyMap<Operation, ReadonlyMap<string, TierPrices>>;
}

/** The quality a model without that parameter is priced at. */
export const ONLY_QUALITY = 'standard';

/** A key's list may name a model by any of its names. */
export function isAllowed(
  { name, aliases }: Pick<CatalogModel, 'name' | 'aliases'>,
  allowed: readonly string[] | null,
): boolean {
  return allowed === null || [name, ...aliases].some((each) => allowed.includes(each));
}

/** The models sold, in document order. Immutable: a change makes a new one. */
export class Catalog {
  private readonly byName = new Map<string, CatalogModel>();

  constructor(readonly models: readonly CatalogModel[]) {
    for (const model of models) {
      for (const name of [model.name, ...model.aliases]) this.byName.set(name, model);
    }
  }

  /** By name or alias, retired models included. Exact: no case folding, no trimming. */
  find(nameOrAlias: string): CatalogModel | undefined {
    return this.byName.get(nameOrAlias);
  }

  /** Models a request may name, in document order. */
  get available(): readonly CatalogModel[] {
    return this.models.filter((model) => model.lifecycle !== 'retired');
  }

  /** @param allowed names or aliases the caller may ask for; null: all */
  availableTo(allowed: readonly string[] | null): readonly CatalogModel[] {
    return this.available.filter((model) => isAllowed(model, allowed));
  }
}
