import { Injectable } from '@nestjs/common';
import type { Caller } from '../../api-keys/index.js';
import { invalidValue } from '../../common/domain-error.js';
import { CreditsService } from '../../credits/index.js';
import { UsageReader } from '../../relay/index.js';
import type { BillingUsageDto, SubscriptionDto } from './billing.dto.js';
import { toBillingUsage, toSubscription } from './billing.mapper.js';
import type { BalanceDto, UsagePageDto } from './account.dto.js';
import { toBalance, toUsagePage, USAGE_WINDOW_DAYS } from './account.mapper.js';
import { readCursor } from './usage-cursor.js';

const PAGE_SIZE = 50;
const DAY_MS = 86_400_000;

/** What a key may see of its account's money and of its own requests. */
@Injectable()
export class AccountView {
  constructor(
    private readonly credits: CreditsService,
    private readonly usages: UsageReader,
  ) {}

  async balance(caller: Caller): Promise<BalanceDto> {
    const [balance, counters] = await Promise.all([
      this.credits.balance(caller.accountId),
      this.usages.keyCounters(caller.keyId),
    ]);
    return toBalance(caller, balance, counters);
  }

  async subscription({ accountId, expiresAt }: Caller): Promise<SubscriptionDto> {
    const { granted } = await this.credits.totals(accountId);
    return toSubscription(granted, expiresAt);
  }

  async billingUsage({ accountId }: Caller): Promise<BillingUsageDto> {
    const { granted, available } = await this.credits.totals(accountId);
    return toBillingUsage(granted - available);
  }

  /** @throws DomainError `invalid_value` for a `before` that is neither cursor nor date-time */
  async usage({ accountId, keyId }: Caller, before: unknown): Promise<UsagePageDto> {
    const page = await this.usages.usage({
      accountId,
      apiKeyId: keyId,
      since: new Date(Date.now() - USAGE_WINDOW_DAYS * DAY_MS),
      before: cursorOf(before),
      limit: PAGE_SIZE,
    });
    return toUsagePage(page);
  }
}

function cursorOf(before: unknown): string | null {
  if (before === undefined || before === '') return null;
  if (typeof before === 'string') return readCursor(before);
  throw invalidValue('before', "'before' may be given once.");
}
