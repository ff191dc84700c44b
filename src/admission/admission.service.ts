import { Injectable } from '@nestjs/common';
import { PlansService } from '../accounts/index.js';
import type { Caller } from '../api-keys/index.js';
import { DomainError } from '../common/domain-error.js';
import { type Caps, capsOf } from './caps.js';
import { RateLimitExceededError } from './rate-limit-exceeded.error.js';
import { RateLimits, type RateState } from './rate-limits.service.js';

/**
 * May this caller make this request now? Counts requests per minute itself;
 * what must be exact together with credits it only hands to accept, as caps.
 */
@Injectable()
export class AdmissionService {
  constructor(
    private readonly plans: PlansService,
    private readonly rates: RateLimits,
  ) {}

  /**
   * Counts one request against the key's limit, then the account's. In this
   * order, because what a key's own limit refuses must not use up the account's.
   *
   * @returns the narrower standing; `null` without any limit, and then without
   * asking the database
   * @throws RateLimitExceededError, `database_unavailable`
   */
  async admit(caller: Caller): Promise<RateState | null> {
    const key = await this.take('key', caller.keyId, caller.limits.requestsPerMinute);
    const plan = this.plans.limitsOf(caller.plan);
    const account = await this.take('account', caller.accountId, plan.requestsPerMinute);
    if (!key || !account) return key ?? account;
    return key.remaining <= account.remaining ? key : account;
  }

  /** The limits that accept enforces for this caller. */
  caps(caller: Caller): Caps {
    return capsOf(caller, this.plans.limitsOf(caller.plan));
  }

  /**
   * @param model the catalog's name; a key may also have been given one of the aliases
   * @throws DomainError `model_not_allowed`
   */
  allowModel(caller: Caller, model: string, aliases: readonly string[] = []): void {
    const { models } = caller;
    if (models === null || [model, ...aliases].some((name) => models.includes(name))) return;
    throw new DomainError('model_not_allowed', 'This API key may not use this model.', {
      param: 'model',
      accepted: models,
    });
  }

  /** @throws DomainError `paid_account_required` */
  requirePaid(caller: Caller): void {
    if (caller.plan === 'paid') return;
    throw new DomainError('paid_account_required', 'This needs a paid account.');
  }

  private async take(
    owner: 'key' | 'account',
    id: string,
    limit: number | undefined,
  ): Promise<RateState | null> {
    if (limit === undefined) return null;
    const { admitted, ...state } = await this.rates.take(`${owner}:${id}`, limit);
    if (!admitted) throw new RateLimitExceededError(owner, state);
    return state;
  }
}
