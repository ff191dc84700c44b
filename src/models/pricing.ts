import { applyFactor, type Millicredits } from '../common/credits.js';
import type { PriceBasis, PriceLine, Quote, ResolvedRequest, Tier } from './image-request.js';
import { pricedTier } from './price-basis.js';
import type { Size } from './sizes.js';
import { smallerTier, tierOf } from './tiers.js';

/**
 * What a request will hold: its tier's price and surcharges, times the number of images.
 *
 * The account's factor is applied to each unit price and each surcharge, rounded
 * up to the next thousandth (`applyFactor`), so that the lines add up to the
 * total exactly and a held image never captures more than its share.
 *
 * @param priceFactor permille, 1000 = list price.
 */
export function quote(request: ResolvedRequest, priceFactor: number): Quote {
  const { price, count } = request;
  const lines = linesOf(price, new Map([[price.tier, count]]), count, priceFactor);
  const credits = lines.reduce((sum, line) => sum + line.amount, 0n);
  return {
    credits,
    unitCredits: unitPrice(price, price.tier, priceFactor),
    tier: price.tier,
    quality: price.quality,
    count,
    catalogVersion: request.catalogVersion,
    lines,
  };
}

/**
 * What one delivered image captures: the price of the tier its pixels are in,
 * never more than that of the tier asked for, and the surcharges. A larger
 * picture than asked therefore costs no more, a smaller one less.
 *
 * @param heldUnit thousandths held for each image: nothing can capture more.
 */
export function captureFor(
  price: PriceBasis,
  priceFactor: number,
  delivered: Size,
  heldUnit: Millicredits,
): Millicredits {
  const due = unitPrice(price, chargedTier(price, delivered), priceFactor);
  return due < heldUnit ? due : heldUnit;
}

/** Why the delivered images cost what they cost; the amounts add up to the sum of `captureFor`. */
export function receiptLines(
  price: PriceBasis,
  priceFactor: number,
  delivered: readonly Size[],
): readonly PriceLine[] {
  const byTier = new Map<Tier, number>();
  for (const size of delivered) {
    const tier = chargedTier(price, size);
    byTier.set(tier, (byTier.get(tier) ?? 0) + 1);
  }
  return linesOf(price, byTier, delivered.length, priceFactor);
}

function chargedTier(price: PriceBasis, { width, height }: Size): Tier {
  const delivered = pricedTier(price.tiers, tierOf(width * height, price.tierPixels));
  return smallerTier(delivered, price.tier);
}

function basePrice(price: PriceBasis, tier: Tier, priceFactor: number): Millicredits {
  return applyFactor(BigInt(price.tiers[tier] ?? 0), priceFactor);
}

function unitPrice(price: PriceBasis, tier: Tier, priceFactor: number): Millicredits {
  return price.surcharges.reduce(
    (sum, { credits }) => sum + applyFactor(BigInt(credits), priceFactor),
    basePrice(price, tier, priceFactor),
  );
}

function linesOf(
  price: PriceBasis,
  imagesByTier: ReadonlyMap<Tier, number>,
  images: number,
  priceFactor: number,
): readonly PriceLine[] {
  const bases = [...imagesByTier].map(([tier, quantity]) =>
    line(`image ${tier}, quality ${price.quality}`, quantity, basePrice(price, tier, priceFactor)),
  );
  if (images === 0) return [];
  const extras = price.surcharges.map(({ label, credits }) =>
    line(label, images, applyFactor(BigInt(credits), priceFactor)),
  );
  return [...bases, ...extras];
}

function line(label: string, quantity: number, unit: Millicredits): PriceLine {
  return { label, quantity, unit, amount: unit * BigInt(quantity) };
}
