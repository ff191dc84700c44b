import { type Millicredits, toWireCredits } from '../../common/credits.js';
import type { BillingUsageDto, SubscriptionDto } from './billing.dto.js';
import { unixSeconds } from '../../surface-kit/index.js';

const HUNDREDTHS = 100n;

export function toSubscription(granted: Millicredits, expiresAt: Date | null): SubscriptionDto {
  const limit = toWireCredits(granted);
  return {
    object: 'billing_subscription',
    has_payment_method: true,
    hard_limit_usd: limit,
    soft_limit_usd: limit,
    system_hard_limit_usd: limit,
    access_until: expiresAt === null ? 0 : unixSeconds(expiresAt),
  };
}

/** @param used spent and held together, thousandths */
export function toBillingUsage(used: Millicredits): BillingUsageDto {
  return { object: 'list', total_usage: toWireCredits(used * HUNDREDTHS) };
}
