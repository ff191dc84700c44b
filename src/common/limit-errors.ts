import { DomainError } from './domain-error.js';

/** The limits that accept counts under the account's lock, as it names them. */
export type LimitVerdict = 'concurrency' | 'images_day' | 'credits_day' | 'credits_month';

/** Whose limit was met. `limit` in images, generations or wire credits. */
export interface LimitScope {
  readonly owner: 'key' | 'account';
  readonly limit: number;
  /** The request alone is more than that: no other day or month makes it fit. */
  readonly neverFits?: boolean;
}

const CONCURRENCY_RETRY_SECONDS = 1;

const WORDS: Readonly<Record<LimitVerdict, { param: string; unit: string }>> = {
  concurrency: { param: 'concurrency', unit: 'generations at once' },
  images_day: { param: 'images_per_day', unit: 'images per day (UTC)' },
  credits_day: { param: 'credits_per_day', unit: 'credits per day (UTC)' },
  credits_month: { param: 'credits_per_month', unit: 'credits per month (UTC)' },
};

/**
 * The 429 for a refusal of accept: `concurrency_limit_exceeded`, or
 * `quota_exceeded` with `param` naming which. Says whose limit it was, because
 * a customer can raise a key's limit but only the operator an account's. Not to
 * be retried when the request alone is more than the limit.
 */
export function limitError(verdict: LimitVerdict, scope: LimitScope, now: Date): DomainError {
  const { param, unit } = WORDS[verdict];
  const whose = scope.owner === 'key' ? 'This API key' : 'This account';
  const code = verdict === 'concurrency' ? 'concurrency_limit_exceeded' : 'quota_exceeded';
  const problem = `${whose} is limited to ${scope.limit} ${unit}.`;
  const details = { owner: scope.owner, limit: scope.limit };
  if (scope.neverFits) {
    const never = `${problem} This request alone is more.`;
    return new DomainError(code, never, { param, details, retryable: false });
  }
  const retryAfterSeconds = secondsUntilFree(verdict, now);
  return new DomainError(code, problem, { param, details, retryAfterSeconds });
}

function secondsUntilFree(verdict: LimitVerdict, now: Date): number {
  if (verdict === 'concurrency') return CONCURRENCY_RETRY_SECONDS;
  const year = now.getUTCFullYear();
  const month = now.getUTCMonth();
  const reset =
    verdict === 'credits_month'
      ? Date.UTC(year, month + 1, 1)
      : Date.UTC(year, month, now.getUTCDate() + 1);
  return Math.ceil((reset - now.getTime()) / 1000);
}
