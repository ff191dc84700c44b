import { applyFactor, toWireCredits } from '../common/credits.js';
import type { Catalog, CatalogModel } from './catalog.js';
import type { Lifecycle, Localized } from './document.js';
import type { Operation, Tier } from './image-request.js';
import { reachableTiers } from './price-table.js';
import { sizeText, type SizeRule } from './sizes.js';

/** Wire credits per image for everything a model offers, under one account's factor. */
export interface PublishedPrice {
  readonly operation: Operation;
  readonly tier: Tier;
  readonly quality: string;
  readonly credits: number;
}

/** What model lists, API documents and forms may say about a model. Plain JSON. */
export interface PublishedModel {
  readonly name: string;
  readonly aliases: readonly string[];
  /** Unix seconds. */
  readonly created: number;
  readonly ownedBy: string;
  readonly title: Localized;
  readonly description: Localized | null;
  readonly tags: readonly Localized[];
  readonly lifecycle: Lifecycle;
  readonly shutdown: string | null;
  readonly replacement: string | null;
  readonly operations: readonly Operation[];
  /** Code points. */
  readonly prompt: { readonly min: number; readonly max: number };
  readonly countMax: number;
  /** `auto` first where it is offered, then the list. */
  readonly sizes: readonly string[];
  readonly defaultSize: string;
  readonly sizeRule: SizeRule | null;
  /** Ratio → resolution → size. */
  readonly aspectRatios: Readonly<Record<string, Readonly<Partial<Record<Tier, string>>>>>;
  readonly qualities: readonly string[];
  readonly styles: readonly string[];
  readonly backgrounds: readonly string[];
  readonly outputFormats: readonly string[];
  readonly moderations: readonly string[];
  readonly complexities: readonly string[];
  readonly thinkingLevels: readonly string[];
  readonly inputs: {
    readonly images: number;
    readonly mask: boolean;
    readonly fidelities: readonly string[];
  };
  readonly stream: boolean;
  readonly prices: readonly PublishedPrice[];
}

/**
 * The models on sale in document order; retired ones are left out.
 *
 * @param priceFactor the account's, permille; 1000 shows list prices.
 */
export function publishedModels(catalog: Catalog, priceFactor = 1000): readonly PublishedModel[] {
  return catalog.available.map((model) => publishedModel(model, priceFactor));
}

/** One model as `publishedModels` shows it. */
export function publishedModel(model: CatalogModel, priceFactor = 1000): PublishedModel {
  const { sizes, options } = model;
  return {
    name: model.name,
    aliases: model.aliases,
    created: model.created,
    ownedBy: model.ownedBy,
    title: model.title,
    description: model.description,
    tags: model.tags,
    lifecycle: model.lifecycle,
    shutdown: model.shutdown,
    replacement: model.replacement,
    operations: model.operations,
    prompt: model.prompt,
    countMax: model.countMax,
    sizes: [...(sizes.autoTier ? ['auto'] : []), ...sizes.list.map(sizeText)],
    defaultSize: sizes.default.size === 'auto' ? 'auto' : sizeText(sizes.default.size),
    sizeRule: sizes.rule,
    aspectRatios: publishedRatios(model),
    qualities: options.quality,
    styles: options.style,
    backgrounds: options.background,
    outputFormats: options.outputFormat,
    moderations: options.moderation,
    complexities: options.complexity,
    thinkingLevels: options.thinkingLevel,
    inputs: { ...model.inputs, fidelities: options.inputFidelity },
    stream: model.stream,
    prices: publishedPrices(model, priceFactor),
  };
}

function publishedRatios({ aspectRatios }: CatalogModel): PublishedModel['aspectRatios'] {
  return Object.fromEntries(
    [...aspectRatios].map(([ratio, byTier]) => [
      ratio,
      Object.fromEntries(
        [...byTier].map(([tier, { size }]) => [tier, size === 'auto' ? size : sizeText(size)]),
      ),
    ]),
  );
}

function publishedPrices(model: CatalogModel, priceFactor: number): readonly PublishedPrice[] {
  const tiers = reachableTiers(model);
  return [...model.prices].flatMap(([operation, byQuality]) =>
    [...byQuality].flatMap(([quality, prices]) =>
      tiers.map((tier) => ({
        operation,
        tier,
        quality,
        credits: toWireCredits(applyFactor(BigInt(prices[tier] ?? 0), priceFactor)),
      })),
    ),
  );
}
