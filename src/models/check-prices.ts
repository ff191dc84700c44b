import type { TierPrices } from './catalog.js';
import type { ModelDraft } from './parse-model.js';
import { reachableTiers, type PriceLineDraft } from './price-table.js';
import type { Problem } from './problem.js';

/** Everything offered has a price, and every price is for something offered. */
export function priceProblems(draft: ModelDraft): Problem[] {
  return [
    ...draft.priceLines.flatMap((line, at) => lineProblems(line, at, draft)),
    ...duplicateProblems(draft.priceLines),
    ...coverageProblems(draft),
  ];
}

function lineProblems(line: PriceLineDraft, at: number, { model }: ModelDraft): Problem[] {
  const problems: Problem[] = [];
  if (line.credits === 0n && !line.free) {
    const message = 'A price of 0 needs free: true beside it.';
    problems.push({ path: `/prices/${at}/credits`, message });
  }
  if (line.credits !== 0n && line.free) {
    problems.push({ path: `/prices/${at}/free`, message: 'The price is not 0.' });
  }
  if (line.quality !== null && !model.options.quality.includes(line.quality)) {
    problems.push({ path: `/prices/${at}/quality`, message: 'It is not among the qualities.' });
  }
  const known = model.operations.some((operation) => operation === line.operation);
  if (line.operation !== null && !known) {
    problems.push({ path: `/prices/${at}/operation`, message: 'It is not among the operations.' });
  }
  return problems;
}

function duplicateProblems(lines: readonly PriceLineDraft[]): Problem[] {
  const first = new Map<string, number>();
  return lines.flatMap(({ tier, quality, operation }, at) => {
    const key = JSON.stringify([tier, quality, operation]);
    const earlier = first.get(key);
    first.set(key, earlier ?? at);
    if (tier === null || earlier === undefined) return [];
    return [{ path: `/prices/${at}`, message: `It prices the same as /prices/${earlier}.` }];
  });
}

function coverageProblems({ model }: ModelDraft): Problem[] {
  const tiers = reachableTiers(model);
  const hasQualities = model.options.quality.length > 0;
  return [...model.prices].flatMap(([operation, byQuality]) =>
    [...byQuality].flatMap(([quality, prices]) => {
      const what = hasQualities ? `${operation} in quality ${quality}` : operation;
      const missing = tiers
        .filter((tier) => prices[tier] === undefined)
        .map((tier) => ({ path: '/prices', message: `No price for ${tier}, ${what}.` }));
      return [...missing, ...orderProblems(prices, what)];
    }),
  );
}

/** A smaller picture than asked is charged by its own tier, which must not be the dearer one. */
function orderProblems(prices: TierPrices, what: string): Problem[] {
  const amounts = Object.entries(prices).map(([tier, price]) => ({ tier, price: BigInt(price) }));
  return amounts
    .slice(1)
    .map((larger, at) => ({ larger, smaller: amounts[at] }))
    .filter(({ larger, smaller }) => larger.price < smaller.price)
    .map(({ larger, smaller }) => ({
      path: '/prices',
      message: `${larger.tier} costs less than ${smaller.tier}, ${what}.`,
    }));
}
