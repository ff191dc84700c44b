import type { LimitKind } from './limits.js';

export type PlanName = 'free' | 'paid';
export const PLAN_NAMES: readonly PlanName[] = ['free', 'paid'];

/**
 * Limits of every account on a plan; a limit that is not set does not exist.
 * Credits are wire credits. Both plans ship with none (design §3).
 */
export interface PlanLimits {
  readonly requestsPerMinute?: number;
  readonly concurrency?: number;
  readonly imagesPerDay?: number;
  readonly creditsPerDay?: number;
  /** API keys that are not revoked. */
  readonly keys?: number;
  readonly storedBytes?: number;
  readonly uploadBytesInFlight?: number;
}

export const PLAN_LIMIT_KINDS: Readonly<Record<keyof PlanLimits, LimitKind>> = {
  requestsPerMinute: 'count',
  concurrency: 'count',
  imagesPerDay: 'count',
  creditsPerDay: 'credits',
  keys: 'count',
  storedBytes: 'bytes',
  uploadBytesInFlight: 'bytes',
};
