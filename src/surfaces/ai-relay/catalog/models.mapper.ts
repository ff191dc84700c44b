import { applyFactor, toWireCredits } from '../../../common/credits.js';
import type { CatalogModel, Localized, Operation, Tier } from '../../../models/index.js';
import type { Language } from '../messages/language.js';
import type { EditModelDto, ImageModelDto, ModelTagDto, SizePriceDto } from './models.dto.js';

/** What a listing says of a model beside its catalog entry. */
export interface ModelFacts {
  readonly language: Language;
  readonly available: boolean;
  /** Permille of list price; 1000 for whoever shows no key. */
  readonly priceFactor: number;
}

const LIST_PRICE = 1000;

export function toImageModel(model: CatalogModel, facts: ModelFacts): ImageModelDto {
  return toModel(model, 'generate', facts);
}

export function toEditModel(model: CatalogModel, facts: ModelFacts): EditModelDto {
  return { ...toModel(model, 'edit', facts), maxInputImages: model.inputs.images };
}

function toModel(model: CatalogModel, operation: Operation, facts: ModelFacts): ImageModelDto {
  const { language, available, priceFactor } = facts;
  const sizes = sizesOf(model);
  return {
    name: model.name,
    description: textIn(model.title, language),
    ...(model.description && { summary: textIn(model.description, language) }),
    tags: model.tags.map(toTag),
    sizes: [...sizes.keys()],
    qualities: [...model.options.quality],
    styles: [...model.options.style],
    pricing: pricingOf(model, operation, sizes, priceFactor),
    available,
  };
}

function textIn(text: Localized, language: Language): string {
  return text[language] ?? text.en;
}

function toTag(tag: Localized): ModelTagDto {
  return { 'en-US': tag.en, 'zh-CN': textIn(tag, 'zh') };
}

/** What is published, with the tier each is sold in; a model that lists none is known by its ratios. */
function sizesOf({ sizes }: CatalogModel): ReadonlyMap<string, Tier> {
  const listed = sizes.list.map(({ width, height }) => `${width}x${height}`);
  const names = listed.length > 0 ? listed : [...sizes.byName.keys()];
  const named = names.map((name) => [name, sizes.byName.get(name)?.tier ?? '1k'] as const);
  return new Map([...(sizes.autoTier ? [['auto', sizes.autoTier] as const] : []), ...named]);
}

/** The quality is named only where it changes the price. */
function pricingOf(
  model: CatalogModel,
  operation: Operation,
  sizes: ReadonlyMap<string, Tier>,
  priceFactor: number,
): SizePriceDto[] {
  const byQuality = [...(model.prices.get(operation) ?? [])];
  return [...sizes].flatMap(([size, tier]) => {
    const prices = byQuality.map(
      ([quality, tiers]) => [quality, BigInt(tiers[tier] ?? 0)] as const,
    );
    const isOne = new Set(prices.map(([, price]) => price)).size === 1;
    const shown = isOne ? prices.slice(0, 1) : prices;
    return shown.map(([quality, price]) => ({
      size,
      ...(!isOne && { quality }),
      ...priceOf(price, priceFactor),
    }));
  });
}

function priceOf(price: bigint, factor: number): Pick<SizePriceDto, 'price' | 'originPrice'> {
  return {
    price: toWireCredits(applyFactor(price, factor)),
    ...(factor !== LIST_PRICE && { originPrice: toWireCredits(price) }),
  };
}
