import type { Millicredits } from '../common/credits.js';
import type { CatalogModel, TierPrices } from './catalog.js';
import type { Operation, Tier } from './image-request.js';
import type { SizeRule } from './sizes.js';
import { TIERS, tierOf, type TierPixels } from './tiers.js';

/** One line of `prices`; `null` means "any" for quality and operation, "unreadable" for the tier. */
export interface PriceLineDraft {
  readonly tier: Tier | null;
  readonly quality: string | null;
  readonly operation: string | null;
  readonly credits: Millicredits;
  readonly free: boolean;
}

/** Every operation and quality with its price per tier; what no line covers is absent. */
export function priceTable(
  operations: readonly Operation[],
  qualities: readonly string[],
  lines: readonly PriceLineDraft[],
): ReadonlyMap<Operation, ReadonlyMap<string, TierPrices>> {
  return new Map(
    operations.map((operation) => [
      operation,
      new Map(qualities.map((quality) => [quality, tierPrices(operation, quality, lines)])),
    ]),
  );
}

/** The tiers a request for this model can fall in, through any way of naming a size. */
export function reachableTiers({ sizes, aspectRatios }: CatalogModel): readonly Tier[] {
  const reached = new Set<Tier>();
  if (sizes.autoTier) reached.add(sizes.autoTier);
  for (const { tier } of sizes.byName.values()) reached.add(tier);
  for (const byTier of aspectRatios.values()) {
    for (const tier of byTier.keys()) reached.add(tier);
  }
  if (sizes.rule) for (const tier of tiersOfRule(sizes.rule, sizes.tierPixels)) reached.add(tier);
  return TIERS.filter((tier) => reached.has(tier));
}

function tierPrices(
  operation: Operation,
  quality: string,
  lines: readonly PriceLineDraft[],
): TierPrices {
  const prices: Partial<Record<Tier, string>> = {};
  for (const tier of TIERS) {
    const line = mostSpecific(lines, operation, quality, tier);
    if (line) prices[tier] = line.credits.toString();
  }
  return Object.freeze(prices);
}

/** A line that names the quality beats one that names the operation, which beats one naming neither. */
function mostSpecific(
  lines: readonly PriceLineDraft[],
  operation: Operation,
  quality: string,
  tier: Tier,
): PriceLineDraft | undefined {
  let best: PriceLineDraft | undefined;
  let bestRank = -1;
  for (const line of lines) {
    if (line.tier !== tier || !matches(line.quality, quality)) continue;
    if (!matches(line.operation, operation)) continue;
    const rank = (line.quality === null ? 0 : 2) + (line.operation === null ? 0 : 1);
    if (rank > bestRank) [best, bestRank] = [line, rank];
  }
  return best;
}

function matches(pattern: string | null, value: string): boolean {
  return pattern === null || pattern === value;
}

/** From the tier of the smallest size the rule could take to that of the largest. */
function tiersOfRule(rule: SizeRule, tierPixels: TierPixels): readonly Tier[] {
  const lowest = tierOf(Math.max(rule.minPixels, rule.minEdge ** 2), tierPixels);
  const highest = tierOf(Math.min(rule.maxPixels, rule.maxEdge ** 2), tierPixels);
  return TIERS.slice(TIERS.indexOf(lowest), TIERS.indexOf(highest) + 1);
}
