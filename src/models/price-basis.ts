import type { Millicredits } from '../common/credits.js';
import type { CatalogModel, TierPrices } from './catalog.js';
import type { ImageParameters, PriceBasis, Tier } from './image-request.js';
import { TIERS } from './tiers.js';

/** The parts of a resolved request that its price depends on. */
export interface PricedChoice {
  readonly tier: Tier;
  readonly quality?: string;
  readonly format?: string;
  readonly frameCount?: number;
  readonly partialImages?: number;
  readonly thinkingLevel?: string;
}

/**
 * Freezes what one image of a request costs. Complete for every model that
 * passed `checkCatalog`.
 */
export function priceBasis(
  model: CatalogModel,
  { operation, inputImages = 0 }: ImageParameters,
  choice: PricedChoice,
): PriceBasis {
  const quality = choice.quality ?? model.defaultQuality;
  const tiers = model.prices.get(operation)?.get(quality);
  if (!tiers) throw new Error(`No price for ${model.name}, ${operation}, ${quality}`);
  return {
    kind: 'image',
    tier: pricedTier(tiers, choice.tier),
    quality,
    tiers,
    tierPixels: model.sizes.tierPixels,
    surcharges: surchargesOf(model, inputImages, choice),
  };
}

/** The tier itself, else the next larger one with a price, else the largest that has one. */
export function pricedTier(tiers: TierPrices, tier: Tier): Tier {
  const priced = TIERS.filter((candidate) => tiers[candidate] !== undefined);
  const found = priced.find((candidate) => TIERS.indexOf(candidate) >= TIERS.indexOf(tier));
  const result = found ?? priced.at(-1);
  if (!result) throw new Error('A price table without a price');
  return result;
}

type Surcharge = PriceBasis['surcharges'][number];

/** Per image made; what costs nothing is left out. */
function surchargesOf(
  model: CatalogModel,
  inputImages: number,
  choice: PricedChoice,
): readonly Surcharge[] {
  const { inputImage, partialImage, frame, thinking } = model.surcharges;
  const included = inputImage?.included ?? 0;
  const level = choice.thinkingLevel ?? '';
  const extraInputs = Math.max(0, inputImages - included);
  return [
    surcharge(`input images beyond ${included}`, extraInputs, inputImage?.credits),
    surcharge('partial images', choice.partialImages ?? 0, partialImage),
    surcharge('frames', framesMade(model, choice), frame),
    surcharge(`thinking level ${level}`, 1, thinking.get(level)),
  ].filter((line) => line !== null);
}

function surcharge(
  what: string,
  quantity: number,
  credits: Millicredits | null | undefined,
): Surcharge | null {
  if (!credits || quantity === 0) return null;
  const label = quantity === 1 ? what : `${what} × ${quantity}`;
  return { label, credits: (BigInt(quantity) * credits).toString() };
}

function framesMade({ frames }: CatalogModel, { format, frameCount }: PricedChoice): number {
  return format === 'gif' ? (frameCount ?? frames?.default ?? 0) : 0;
}
