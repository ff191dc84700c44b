import type { Asking } from './asking.js';
import type { CatalogModel, PricedSize } from './catalog.js';
import type { Tier } from './image-request.js';
import { nearestOf, quoted } from './nearest.js';
import {
  describeRule,
  guessSize,
  nearestSize,
  parseSize,
  ruleViolation,
  sizeText,
  type Size,
} from './sizes.js';
import { isTier, tierOf, TIERS } from './tiers.js';

/** The size to make and the tier it is sold in; ratio and resolution when the caller named either. */
export interface ResolvedSize extends PricedSize {
  readonly aspectRatio?: string;
  readonly resolution?: Tier;
}

/**
 * A size comes as `size`, as a ratio with a resolution, or not at all. An
 * explicit size beats a ratio; `auto` leaves the choice to the ratio.
 *
 * @throws DomainError `invalid_value` with what is accepted and what is nearest.
 */
export function resolveSize(asking: Asking): ResolvedSize {
  const { size, aspectRatio, resolution } = asking.sent;
  const byRatio = aspectRatio !== undefined || resolution !== undefined;
  if (byRatio && asking.model.aspectRatios.size > 0) {
    if (size === undefined || size === 'auto') return resolveRatio(asking);
    dropRatio(asking, `${asking.wire('size')} is given already.`);
  } else if (byRatio) {
    dropRatio(asking);
  }
  return size === undefined ? asking.model.sizes.default : resolveExplicit(asking, size);
}

function dropRatio(asking: Asking, why?: string): void {
  if (asking.sent.aspectRatio !== undefined) asking.drop('aspectRatio', why);
  if (asking.sent.resolution !== undefined) asking.drop('resolution', why);
}

function resolveExplicit(asking: Asking, text: string): PricedSize {
  const { sizes } = asking.model;
  if (text === 'auto' && sizes.autoTier) return { size: 'auto', tier: sizes.autoTier };
  const named = sizes.byName.get(text);
  if (named) return named;
  const size = parseSize(text);
  const violation = size && sizes.rule ? ruleViolation(sizes.rule, size) : undefined;
  if (size && violation === null) {
    return { size, tier: tierOf(size.width * size.height, sizes.tierPixels) };
  }
  const reason = violation ?? `${asking.model.name} does not make this size.`;
  throw asking.refusal('size', `Invalid size ${quoted(text)}. ${reason}`, {
    accepted: acceptedSizes(asking.model),
    nearest: closestSize(asking.model, text),
  });
}

function acceptedSizes({ sizes }: CatalogModel): readonly string[] {
  const named = sizes.list.length > 0 ? sizes.list.map(sizeText) : [...sizes.byName.keys()];
  const rule = sizes.rule ? [describeRule(sizes.rule)] : [];
  return [...(sizes.autoTier ? ['auto'] : []), ...named, ...rule];
}

function closestSize({ sizes, aspectRatios }: CatalogModel, text: string): string {
  const [ofRatio] = aspectRatios.get(text.trim())?.values() ?? [];
  if (ofRatio && ofRatio.size !== 'auto') return sizeText(ofRatio.size);
  const wanted = guessSize(text);
  const fallback = sizes.default.size;
  if (!wanted) return fallback === 'auto' ? fallback : sizeText(fallback);
  const known = [...sizes.byName.values()].map(({ size }) => size).filter(isConcrete);
  const nearest = nearestSize(wanted, known, sizes.rule);
  return nearest ? sizeText(nearest) : 'auto';
}

function isConcrete(size: Size | 'auto'): size is Size {
  return size !== 'auto';
}

function resolveRatio(asking: Asking): ResolvedSize {
  const { aspectRatios } = asking.model;
  const ratio = asking.sent.aspectRatio ?? defaultRatio(aspectRatios, asking.sent.resolution);
  const byTier = aspectRatios.get(ratio);
  if (!byTier) {
    throw asking.refusal('aspectRatio', `Invalid aspect ratio ${quoted(ratio)}.`, {
      accepted: [...aspectRatios.keys()],
      nearest: nearestRatio(ratio, [...aspectRatios.keys()]),
    });
  }
  const offered = TIERS.filter((tier) => byTier.has(tier));
  const resolution = asking.sent.resolution ?? offered[0];
  const entry = isTier(resolution) ? byTier.get(resolution) : undefined;
  if (!entry || !isTier(resolution)) {
    throw asking.refusal(
      'resolution',
      `Resolution ${quoted(resolution)} is not offered with the aspect ratio ${ratio}.`,
      { accepted: offered, nearest: nearestResolution(resolution, offered) },
    );
  }
  return { size: entry.size, tier: resolution, aspectRatio: ratio, resolution };
}

/** For a resolution alone: the model's own choice of shape where it offers that, else a square. */
function defaultRatio(
  aspectRatios: CatalogModel['aspectRatios'],
  resolution: string | undefined,
): string {
  const ratios = ['auto', ...[...aspectRatios.keys()].sort(bySquareness)].filter((ratio) =>
    aspectRatios.has(ratio),
  );
  const offers = (ratio: string): boolean =>
    isTier(resolution) && aspectRatios.get(ratio)?.has(resolution) === true;
  return ratios.find(offers) ?? ratios[0];
}

/** The squarer first, of two alike the landscape: the document's order is lost in the database. */
function bySquareness(a: string, b: string): number {
  const [first, second] = [a, b].map((ratio) => {
    const { width = 1, height = 1 } = guessSize(ratio) ?? {};
    return Math.log(width / height);
  });
  return Math.abs(first) - Math.abs(second) || second - first;
}

function nearestRatio(sent: string, accepted: readonly string[]): string | undefined {
  const wanted = guessSize(sent);
  if (!wanted || !sent.includes(':')) return nearestOf(sent, accepted);
  const misfit = (ratio: string): number => {
    const size = guessSize(ratio);
    return size
      ? Math.abs(Math.log((size.width * wanted.height) / (size.height * wanted.width)))
      : Infinity;
  };
  return accepted.reduce((best, ratio) => (misfit(ratio) < misfit(best) ? ratio : best));
}

/** A tier that this ratio lacks: the largest it has below. Anything else: by spelling. */
function nearestResolution(sent: string, offered: readonly Tier[]): string | undefined {
  if (!isTier(sent)) return nearestOf(sent, offered);
  return offered.findLast((tier) => TIERS.indexOf(tier) < TIERS.indexOf(sent)) ?? offered[0];
}
