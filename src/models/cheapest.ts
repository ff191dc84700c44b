import { applyFactor, type Millicredits } from '../common/credits.js';
import type { Catalog, CatalogModel } from './catalog.js';
import type { Operation } from './image-request.js';

/**
 * The least that any request of this kind can hold: one image of the cheapest
 * size and quality. Whoever has less need not be asked any further.
 *
 * @param allowed names or aliases the caller may ask for; null: all
 * @param priceFactor permille, 1000 = list price
 * @returns thousandths; null when no model does this
 */
export function cheapest(
  catalog: Catalog,
  operation: Operation,
  allowed: readonly string[] | null,
  priceFactor: number,
): Millicredits | null {
  const prices = catalog.availableTo(allowed).flatMap((model) => basePrices(model, operation));
  return prices
    .map((price) => applyFactor(price, priceFactor))
    .reduce<Millicredits | null>(
      (least, each) => (least !== null && least < each ? least : each),
      null,
    );
}

function basePrices(model: CatalogModel, operation: Operation): Millicredits[] {
  const byQuality = model.prices.get(operation)?.values() ?? [];
  return [...byQuality].flatMap((tiers) => Object.values(tiers).map(BigInt));
}
