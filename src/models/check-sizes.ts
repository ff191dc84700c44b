import type { CatalogModel } from './catalog.js';
import { record, text } from './loose.js';
import { pointer, type Problem } from './problem.js';
import { nearestSize, parseSize, ruleViolation, sizeText, type SizeRule } from './sizes.js';
import { TIERS } from './tiers.js';

/** Sizes, the rule, and the ratio table: consistent with each other and with the tiers. */
export function sizeProblems(
  entry: Readonly<Record<string, unknown>>,
  model: CatalogModel,
): Problem[] {
  if (entry.sizes === undefined) return [];
  const { sizes } = model;
  return [
    ...defaultProblems(text(record(entry.sizes).default), model),
    ...(sizes.rule ? ruleProblems(sizes.rule) : []),
    ...(sizes.tierPixels['1k'] < sizes.tierPixels['2k']
      ? []
      : [{ path: '/sizes/tierPixels', message: '1k must be below 2k.' }]),
    ...ratioProblems(record(entry.aspectRatios), model),
  ];
}

function defaultProblems(value: string, { sizes }: CatalogModel): Problem[] {
  const path = '/sizes/default';
  if (value === 'auto') {
    const message = 'auto is not offered: sizes.autoTier is missing.';
    return sizes.autoTier === null ? [{ path, message }] : [];
  }
  const size = parseSize(value);
  if (!size || sizes.byName.has(value)) return [];
  if (sizes.rule && ruleViolation(sizes.rule, size) === null) return [];
  return [{ path, message: 'It is neither in the list nor within the rule.' }];
}

function ruleProblems(rule: SizeRule): Problem[] {
  if (rule.minRatio.over * rule.maxRatio.under > rule.maxRatio.over * rule.minRatio.under) {
    return [{ path: '/sizes/rule/ratio', message: 'The first ratio must not exceed the second.' }];
  }
  const middle = Math.sqrt(Math.max(rule.minPixels, 1));
  if (nearestSize({ width: middle, height: middle }, [], rule)) return [];
  return [{ path: '/sizes/rule', message: 'No size satisfies it.' }];
}

function ratioProblems(table: Readonly<Record<string, unknown>>, model: CatalogModel): Problem[] {
  return Object.entries(table).flatMap(([ratio, byTier]) =>
    TIERS.flatMap((tier) => {
      const name = record(byTier)[tier];
      if (typeof name !== 'string') return [];
      const message = ratioProblem(ratio, tier, name, model);
      return message ? [{ path: `/aspectRatios${pointer(ratio)}${pointer(tier)}`, message }] : [];
    }),
  );
}

function ratioProblem(
  ratio: string,
  tier: string,
  name: string,
  model: CatalogModel,
): string | null {
  if ((ratio === 'auto') !== (name === 'auto')) {
    return 'The ratio auto, and only that, has the size auto.';
  }
  const size = parseSize(name);
  if (!size) return null;
  const sold = model.sizes.byName.get(name)?.tier;
  if (sold !== undefined && sold !== tier) {
    return `By its pixels this size is ${sold}; change it or sizes.tierPixels.`;
  }
  const { rule, list: listed } = model.sizes;
  if (!rule || listed.some((other) => sizeText(other) === name)) return null;
  return ruleViolation(rule, size);
}
