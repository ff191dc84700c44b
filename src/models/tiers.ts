import type { Tier } from './image-request.js';

/** Price tiers from small to large. */
export const TIERS: readonly Tier[] = ['1k', '2k', '4k'];

/** Largest pixel counts that still are 1k and 2k; above is 4k. */
export interface TierPixels {
  readonly '1k': number;
  readonly '2k': number;
}

/** The tolerance of models that declare none (design §3): 1536x1024 is 1k, 2048x2048 is 2k. */
export const DEFAULT_TIER_PIXELS: TierPixels = { '1k': 1_572_864, '2k': 4_194_304 };

export function tierOf(pixels: number, tierPixels: TierPixels): Tier {
  if (pixels <= tierPixels['1k']) return '1k';
  return pixels <= tierPixels['2k'] ? '2k' : '4k';
}

export function smallerTier(a: Tier, b: Tier): Tier {
  return TIERS.indexOf(a) <= TIERS.indexOf(b) ? a : b;
}

export function isTier(value: unknown): value is Tier {
  return TIERS.some((tier) => tier === value);
}
