import type { PlanLimits } from '../accounts/index.js';
import type { Caller, KeyLimits } from '../api-keys/index.js';
import { type Millicredits, parseCredits } from '../common/credits.js';

/** What accept may let through, counted under the account's lock. `null`: no such limit. */
export interface CapSet {
  /** Generations under way. */
  readonly concurrency: number | null;
  readonly imagesPerDay: number | null;
  readonly creditsPerDay: Millicredits | null;
  readonly creditsPerMonth: Millicredits | null;
}

/** Two sets, counted apart: each must hold, so a key's limits can only narrow its account's. */
export interface Caps {
  readonly account: CapSet;
  readonly key: CapSet;
}

const TEST_CONCURRENCY = 4;
const TEST_IMAGES_PER_DAY = 200;

/**
 * Test pictures are free and drawn here, so each test key has the same small
 * limits whatever the plan, and uses up nothing of the account's.
 */
export function capsOf(caller: Pick<Caller, 'mode' | 'limits'>, plan: PlanLimits): Caps {
  const key = capSet(caller.limits);
  if (caller.mode === 'live') return { account: capSet(plan), key };
  return {
    account: capSet({}),
    key: {
      concurrency: Math.min(key.concurrency ?? TEST_CONCURRENCY, TEST_CONCURRENCY),
      imagesPerDay: Math.min(key.imagesPerDay ?? TEST_IMAGES_PER_DAY, TEST_IMAGES_PER_DAY),
      creditsPerDay: null,
      creditsPerMonth: null,
    },
  };
}

type Limits = Pick<KeyLimits, 'concurrency' | 'imagesPerDay' | 'creditsPerDay' | 'creditsPerMonth'>;

function capSet({ concurrency, imagesPerDay, creditsPerDay, creditsPerMonth }: Limits): CapSet {
  return {
    concurrency: concurrency ?? null,
    imagesPerDay: imagesPerDay ?? null,
    creditsPerDay: parseCredits(creditsPerDay),
    creditsPerMonth: parseCredits(creditsPerMonth),
  };
}
