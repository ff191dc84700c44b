import { describe, expect, it } from '@jest/globals';
import { limitError } from './limit-errors.js';

const NEW_YEARS_EVE = new Date('2026-12-31T23:59:30.500Z');
const LEAP_DAY = new Date('2028-02-29T00:00:00.000Z');

describe(limitError, () => {
  it.each([
    ['concurrency', 'concurrency_limit_exceeded', 'concurrency', NEW_YEARS_EVE, 1],
    ['images_day', 'quota_exceeded', 'images_per_day', NEW_YEARS_EVE, 30],
    ['credits_day', 'quota_exceeded', 'credits_per_day', LEAP_DAY, 86_400],
    ['credits_month', 'quota_exceeded', 'credits_per_month', NEW_YEARS_EVE, 30],
    ['credits_month', 'quota_exceeded', 'credits_per_month', LEAP_DAY, 86_400],
  ] as const)('%s is %s on %s, free again at %s + %d s', (verdict, code, param, now, seconds) => {
    const error = limitError(verdict, { owner: 'key', limit: 3 }, now);

    expect(error.code).toBe(code);
    expect(error.isRetryable).toBe(true);
    expect(error.facts).toMatchObject({ param, retryAfterSeconds: seconds });
  });

  it('says never to retry what is more than the limit all by itself', () => {
    const scope = { owner: 'key', limit: 3, neverFits: true } as const;
    const error = limitError('images_day', scope, NEW_YEARS_EVE);

    expect([error.isRetryable, error.facts.retryAfterSeconds]).toEqual([false, undefined]);
    expect(error.message).toBe(
      'This API key is limited to 3 images per day (UTC). This request alone is more.',
    );
  });

  it('says whose limit it was, and the number', () => {
    const now = new Date();

    expect(limitError('concurrency', { owner: 'key', limit: 3 }, now).message).toBe(
      'This API key is limited to 3 generations at once.',
    );
    expect(limitError('credits_day', { owner: 'account', limit: 12.5 }, now).message).toBe(
      'This account is limited to 12.5 credits per day (UTC).',
    );
  });
});
