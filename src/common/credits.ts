/**
 * Credits inside: `bigint` thousandths of a credit, so that sums are exact and
 * no float ever touches money (design §3). On every wire: credits, as a JSON
 * number with at most three decimals.
 */
export type Millicredits = bigint;

export const MILLI = 1000n;

/** 2^53 − 1: a grant that takes an account past it is refused (design: what JSON can carry). */
export const MAX_MILLICREDITS = 9_007_199_254_740_991n;

/**
 * Reads a wire amount (credits, number or decimal string) exactly.
 *
 * @returns thousandths, or `null` when it is no decimal number, has more than
 * three decimals, or is outside ±MAX_MILLICREDITS.
 */
export function parseCredits(value: unknown): Millicredits | null {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return null;
  const sign = text.startsWith('-');
  const [whole, fraction = '0', ...rest] = (sign ? text.slice(1) : text).split('.');
  if (rest.length > 0 || !/^\d{1,16}$/.test(whole) || !/^\d{1,3}$/.test(fraction)) return null;
  const milli = BigInt(whole) * MILLI + BigInt(fraction.padEnd(3, '0'));
  if (milli > MAX_MILLICREDITS) return null;
  return sign ? -milli : milli;
}

/** Thousandths → credits for a JSON answer. Exact below 2^43 credits, the nearest double above. */
export function toWireCredits(milli: Millicredits): number {
  const sign = milli < 0n ? '-' : '';
  const absolute = milli < 0n ? -milli : milli;
  const fraction = (absolute % MILLI).toString().padStart(3, '0');
  return Number(`${sign}${absolute / MILLI}.${fraction}`);
}

/** For surfaces that speak integers: what can be spent is rounded down. */
export function floorCredits(milli: Millicredits): number {
  const down = milli / MILLI - (milli < 0n && milli % MILLI !== 0n ? 1n : 0n);
  return Number(down);
}

/** For surfaces that speak integers: what was charged is rounded up. */
export function ceilCredits(milli: Millicredits): number {
  const up = milli / MILLI + (milli > 0n && milli % MILLI !== 0n ? 1n : 0n);
  return Number(up);
}

/**
 * A catalog price under an account's factor (permille, 1000 = list price),
 * rounded up to the next thousandth so that no discount makes a price free.
 */
export function applyFactor(milli: Millicredits, factorPermille: number): Millicredits {
  const scaled = milli * BigInt(factorPermille);
  return scaled / 1000n + (scaled % 1000n > 0n ? 1n : 0n);
}
