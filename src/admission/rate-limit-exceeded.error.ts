import { DomainError } from '../common/domain-error.js';
import type { RateState } from './rate-limits.service.js';

/** More requests this minute than the key or its account may make. */
export class RateLimitExceededError extends DomainError {
  constructor(
    owner: 'key' | 'account',
    readonly rate: RateState,
  ) {
    const whose = owner === 'key' ? 'This API key' : 'This account';
    super('rate_limit_exceeded', `${whose} is limited to ${rate.limit} requests per minute.`, {
      param: 'requests_per_minute',
      retryAfterSeconds: Math.max(1, Math.ceil(rate.resetMs / 1000)),
      details: { owner, limit: rate.limit },
    });
  }
}
