import { describe, expect, it } from '@jest/globals';
import type { PlansService } from '../accounts/index.js';
import type { Caller } from '../api-keys/index.js';
import { AdmissionService } from './admission.service.js';
import type { RateLimits } from './rate-limits.service.js';

const PLAN = { concurrency: 5, imagesPerDay: 100, creditsPerDay: 0.125 };
const NONE = { concurrency: null, imagesPerDay: null, creditsPerDay: null, creditsPerMonth: null };

const admission = new AdmissionService(
  { limitsOf: () => PLAN } as unknown as PlansService,
  {} as RateLimits,
);

function caller(facts: Partial<Caller>): Caller {
  return { plan: 'free', mode: 'live', limits: {}, models: null, ...facts } as Caller;
}

describe(AdmissionService.name, () => {
  it('hands accept the limits of plan and key apart, credits in thousandths', () => {
    const limits = { concurrency: 50, creditsPerDay: 8_000_000_000_000.001, creditsPerMonth: 1.5 };

    expect(admission.caps(caller({ limits }))).toEqual({
      account: { ...NONE, concurrency: 5, imagesPerDay: 100, creditsPerDay: 125n },
      key: {
        ...NONE,
        concurrency: 50,
        creditsPerDay: 8_000_000_000_000_001n,
        creditsPerMonth: 1500n,
      },
    });
  });

  it('test keys have small limits of their own, which a key may only narrow', () => {
    expect(admission.caps(caller({ mode: 'test' }))).toEqual({
      account: NONE,
      key: { ...NONE, concurrency: 4, imagesPerDay: 200 },
    });
    const limits = { concurrency: 1, imagesPerDay: 1000, creditsPerDay: 3 };
    expect(admission.caps(caller({ mode: 'test', limits })).key).toEqual({
      ...NONE,
      concurrency: 1,
      imagesPerDay: 200,
    });
  });

  it('a key with a model list may use those models, by name or alias, and no others', () => {
    const listed = caller({ models: ['gpt-image-2', 'nano'] });

    expect(() => admission.allowModel(caller({}), 'anything')).not.toThrow();
    expect(() => admission.allowModel(listed, 'gpt-image-2')).not.toThrow();
    expect(() => admission.allowModel(listed, 'gemini-image', ['nano'])).not.toThrow();
    for (const other of ['gpt-image-1', 'GPT-image-2', 'gpt-image-2 ', '']) {
      expect(() => admission.allowModel(listed, other)).toThrow(
        expect.objectContaining({ code: 'model_not_allowed' }),
      );
    }
  });

  it('what needs a paid account is refused to a free one', () => {
    expect(() => admission.requirePaid(caller({ plan: 'paid' }))).not.toThrow();
    expect(() => admission.requirePaid(caller({ plan: 'free' }))).toThrow(
      expect.objectContaining({ code: 'paid_account_required' }),
    );
  });
});
