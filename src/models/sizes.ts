/** Pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A ratio as two integers, so that limits are compared exactly. */
export interface Fraction {
  readonly over: number;
  readonly under: number;
}

/** Sizes a model takes beyond its list. Edges in pixels. */
export interface SizeRule {
  readonly multipleOf: number;
  readonly minPixels: number;
  readonly maxPixels: number;
  readonly minEdge: number;
  readonly maxEdge: number;
  /** Width over height, both ends included. */
  readonly minRatio: Fraction;
  readonly maxRatio: Fraction;
}

const STRICT_SIZE = /^([1-9]\d{0,5})x([1-9]\d{0,5})$/;
const LOOSE_SIZE = /^(\d{1,9})[x×*:](\d{1,9})$/;

/** Only `WxH` with plain digits and a small x: `1024X1024`, `1024×1024` and `01024x1024` are none. */
export function parseSize(text: string): Size | null {
  const match = STRICT_SIZE.exec(text);
  return match ? { width: Number(match[1]), height: Number(match[2]) } : null;
}

/**
 * What a caller may have meant, to name the nearest valid size; never to accept.
 * `16:9` counts as a wish for that shape at about one megapixel.
 */
export function guessSize(text: string): Size | null {
  const match = LOOSE_SIZE.exec(text.slice(0, 32).replace(/\s/g, '').toLowerCase());
  if (!match) return null;
  const [width, height] = [Number(match[1]), Number(match[2])];
  if (width === 0 || height === 0) return null;
  if (!text.includes(':')) return { width, height };
  const scale = Math.sqrt((1024 * 1024) / (width * height));
  return { width: width * scale, height: height * scale };
}

export function sizeText(size: Size): string {
  return `${size.width}x${size.height}`;
}

/** The first condition a size breaks, as a sentence, or `null` when the rule takes it. */
export function ruleViolation(rule: SizeRule, { width, height }: Size): string | null {
  const pixels = width * height;
  if (width % rule.multipleOf !== 0 || height % rule.multipleOf !== 0) {
    return `Width and height must both be divisible by ${rule.multipleOf}.`;
  }
  if (Math.max(width, height) > rule.maxEdge) {
    return `The longest edge is at most ${rule.maxEdge} pixels.`;
  }
  if (Math.min(width, height) < rule.minEdge) {
    return `The shortest edge is at least ${rule.minEdge} pixels.`;
  }
  if (!withinRatio(rule, width, height)) return `The ratio must lie within ${ratioText(rule)}.`;
  if (pixels < rule.minPixels || pixels > rule.maxPixels) {
    return `Width × height must lie between ${rule.minPixels} and ${rule.maxPixels} pixels.`;
  }
  return null;
}

/** The rule in words, for lists of what is accepted. */
export function describeRule(rule: SizeRule): string {
  const divisible = rule.multipleOf > 1 ? ` divisible by ${rule.multipleOf},` : '';
  return (
    `any WxH with both edges${divisible} from ${rule.minEdge} to ${rule.maxEdge}, ` +
    `ratio ${ratioText(rule)}, ${rule.minPixels} to ${rule.maxPixels} pixels`
  );
}

/** The valid size closest in shape and then in area, or `null` when there is none at all. */
export function nearestSize(
  wanted: Size,
  list: readonly Size[],
  rule: SizeRule | null,
): Size | null {
  let best: Size | null = null;
  let bestScore = Infinity;
  const consider = (size: Size): void => {
    const score = misfit(wanted, size);
    if (score < bestScore) [best, bestScore] = [size, score];
  };
  list.forEach(consider);
  if (rule) forEachCandidate(rule, wanted, consider);
  return best;
}

/**
 * By how much the edges change, the worse one counting twice, and the shape with
 * them: 1920x1080 becomes 1920x1088, and a portrait does not become a square.
 */
function misfit(wanted: Size, size: Size): number {
  const width = Math.log(size.width / wanted.width);
  const height = Math.log(size.height / wanted.height);
  const worse = Math.max(Math.abs(width), Math.abs(height));
  return worse + Math.abs(width) + Math.abs(height) + Math.abs(width - height);
}

/** For every possible width the few heights around the wanted shape, as far as the rule takes them. */
function forEachCandidate(rule: SizeRule, wanted: Size, visit: (size: Size) => void): void {
  const step = rule.multipleOf;
  const low = rule.minRatio.over / rule.minRatio.under;
  const high = rule.maxRatio.over / rule.maxRatio.under;
  const ratio = Math.min(Math.max(wanted.width / wanted.height, low), high);
  const first = Math.ceil(rule.minEdge / step) * step;
  for (let width = first; width <= rule.maxEdge; width += step) {
    const below = Math.floor(width / ratio / step) * step;
    for (const height of [below - step, below, below + step]) {
      if (height > 0 && ruleViolation(rule, { width, height }) === null) visit({ width, height });
    }
  }
}

function withinRatio({ minRatio, maxRatio }: SizeRule, width: number, height: number): boolean {
  return (
    width * minRatio.under >= height * minRatio.over &&
    width * maxRatio.under <= height * maxRatio.over
  );
}

function ratioText({ minRatio, maxRatio }: SizeRule): string {
  return `${minRatio.over}:${minRatio.under} to ${maxRatio.over}:${maxRatio.under}`;
}
