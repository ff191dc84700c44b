import { describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { rememberCaller } from '../api-keys/current-caller.decorator.js';
import type { Caller } from '../api-keys/index.js';
import { AdmissionGuard } from './admission.guard.js';
import type { AdmissionService } from './admission.service.js';
import { RateLimitExceededError } from './rate-limit-exceeded.error.js';

const FULL = { limit: 10, remaining: 0, resetMs: 12_300 };

function setUp(admit: AdmissionService['admit']) {
  const headers: Record<string, string> = {};
  const request = {};
  rememberCaller(request, {} as Caller);
  const context = {
    switchToHttp: () => ({
      getRequest: () => request,
      getResponse: () => ({
        setHeader: (name: string, value: string) => void (headers[name] = value),
      }),
    }),
  } as unknown as ExecutionContext;
  const guard = new AdmissionGuard({ admit } as AdmissionService);
  return { pass: () => guard.canActivate(context), headers };
}

describe(AdmissionGuard.name, () => {
  it('tells an admitted caller where it stands', async () => {
    const { pass, headers } = setUp(async () => ({ limit: 10, remaining: 9, resetMs: 60_000 }));

    expect(await pass()).toBe(true);
    expect(headers).toEqual({
      'x-ratelimit-limit-requests': '10',
      'x-ratelimit-remaining-requests': '9',
      'x-ratelimit-reset-requests': '1m0s',
    });
  });

  it('tells a refused caller as well, and when to come back', async () => {
    const refusal = new RateLimitExceededError('key', FULL);
    const { pass, headers } = setUp(() => Promise.reject(refusal));

    await expect(pass()).rejects.toBe(refusal);
    expect(refusal.facts.retryAfterSeconds).toBe(13);
    expect(headers).toMatchObject({
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '12.3s',
    });
  });

  it('says nothing where there is no limit', async () => {
    const { pass, headers } = setUp(async () => null);

    expect(await pass()).toBe(true);
    expect(headers).toEqual({});
  });
});
