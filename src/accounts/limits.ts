import { parseCredits } from '../common/credits.js';
import { invalidValue } from '../common/domain-error.js';

/** `count`: things, `bytes`: bytes, `credits`: wire credits with at most three decimals. */
export type LimitKind = 'count' | 'bytes' | 'credits';

/** Counters are `integer` columns. */
const MAX_COUNT = 2_147_483_647;

/**
 * Reads a set of optional limits: all positive, and only those named in `kinds`.
 * A limit that is `null` or left out does not exist, and stays out of the result.
 *
 * @param param the caller's name for the object, e.g. `limits`
 * @throws DomainError `invalid_value` naming the limit at fault; a misspelt
 * limit is refused, because silently it would limit nothing.
 */
export function checkLimits<Name extends string>(
  param: string,
  value: unknown,
  kinds: Readonly<Record<Name, LimitKind>>,
): Partial<Record<Name, number>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidValue(param, 'Limits are an object.', { accepted: Object.keys(kinds) });
  }
  const limits: Partial<Record<Name, number>> = {};
  for (const [name, limit] of Object.entries(value) as [Name, unknown][]) {
    if (!Object.hasOwn(kinds, name)) {
      throw invalidValue(param, 'There is no such limit.', { accepted: Object.keys(kinds) });
    }
    if (limit !== null && limit !== undefined)
      limits[name] = checkLimit(`${param}.${name}`, limit, kinds[name]);
  }
  return limits;
}

function checkLimit(param: string, value: unknown, kind: LimitKind): number {
  if (typeof value !== 'number') throw invalidValue(param, 'A limit is a number.');
  if (kind === 'credits') {
    const milli = parseCredits(value);
    if (milli === null || milli <= 0n) {
      throw invalidValue(param, 'A limit in credits is positive, with at most three decimals.');
    }
    return value;
  }
  const max = kind === 'count' ? MAX_COUNT : Number.MAX_SAFE_INTEGER;
  if (!Number.isSafeInteger(value) || value < 1 || value > max) {
    throw invalidValue(param, `This limit is a whole number from 1 to ${max}.`);
  }
  return value;
}
