import { toWireCredits } from '../../common/credits.js';
import { STATUS_OF_CODE } from '../../common/domain-error.js';
import type { Caller } from '../../api-keys/index.js';
import type { KeyCounters, UsageItem, UsagePage } from '../../relay/index.js';
import type { BalanceDto, UsageItemDto, UsagePageDto } from './account.dto.js';
import { unixSeconds } from '../../surface-kit/index.js';
import { toCursor } from './usage-cursor.js';

/** Days that `GET /v1/account/usage` looks back. */
export const USAGE_WINDOW_DAYS = 30;

export function toBalance(
  caller: Caller,
  balance: { readonly available: bigint; readonly held: bigint },
  counters: KeyCounters,
): BalanceDto {
  return {
    balance_tcoin: toWireCredits(balance.available),
    held_tcoin: toWireCredits(balance.held),
    currency: 'T',
    key: {
      name: caller.keyName,
      prefix: caller.keyPrefix,
      rate_limit_rpm: caller.limits.requestsPerMinute ?? null,
      daily_limit: caller.limits.imagesPerDay ?? null,
      daily_used: counters.imagesToday,
      daily_tcoin_limit: caller.limits.creditsPerDay ?? null,
      daily_tcoin_used: toWireCredits(counters.creditsToday),
      monthly_tcoin_limit: caller.limits.creditsPerMonth ?? null,
      monthly_tcoin_used: toWireCredits(counters.creditsThisMonth),
      concurrency_limit: caller.limits.concurrency ?? null,
      concurrency_in_use: counters.inFlight,
      expires_at: caller.expiresAt?.toISOString() ?? null,
    },
  };
}

export function toUsagePage(page: UsagePage): UsagePageDto {
  const last = page.items.at(-1);
  return {
    window_days: USAGE_WINDOW_DAYS,
    total_requests: page.totalRequests,
    total_tcoin_spent: toWireCredits(page.totalSpent),
    items: page.items.map(toUsageItem),
    next_before: page.hasMore && last ? toCursor(last.id) : null,
  };
}

function toUsageItem(item: UsageItem): UsageItemDto {
  const { id, createdAt, finishedAt } = item;
  return {
    id,
    endpoint: item.operation === 'edit' ? '/v1/images/edits' : '/v1/images/generations',
    method: 'POST',
    status_code: statusOf(item),
    tcoin_spent: toWireCredits(item.captured),
    generation_id: id,
    duration_ms: finishedAt === null ? null : finishedAt.getTime() - createdAt.getTime(),
    error_code: item.errorCode,
    created: unixSeconds(createdAt),
    created_iso: createdAt.toISOString(),
  };
}

/** The status a caller who waited to the end was answered with. */
function statusOf({ status, errorCode }: UsageItem): number | null {
  if (status === 'pending' || status === 'processing') return null;
  if (status === 'succeeded') return 200;
  return STATUS_OF_CODE[errorCode ?? 'conflict'];
}
