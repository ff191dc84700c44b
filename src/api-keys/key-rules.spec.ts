import { describe, expect, it } from '@jest/globals';
import { checkDraft, checkExpiry, mergeLimits } from './key-rules.js';

const check = (fields: object) => checkDraft({ name: 'ci', ...fields });

describe('rules of API keys', () => {
  it('a key with nothing but a name may do everything, for ever', () => {
    expect(check({ name: '  ci ' })).toEqual({
      name: 'ci',
      style: 'easel',
      mode: 'live',
      profile: 'openai',
      scopes: null,
      models: null,
      allowedCidrs: null,
      limits: {},
      expiresAt: null,
    });
  });

  it.each([
    [{ style: 'aiimg' }, 'aiimg'],
    [{ style: 'gip' }, 'openai'],
    [{ style: 'aiimg', profile: 'openai' }, 'openai'],
    [{ profile: 'aiai' }, 'aiai'],
  ])('%j has the profile %s', (fields, profile) => {
    expect(check(fields).profile).toBe(profile);
  });

  it('stores networks in one form and each item once', () => {
    const { allowedCidrs, scopes } = check({
      allowedCidrs: ['203.0.113.7', '203.0.113.7/32', '2001:DB8::/32'],
      scopes: ['images.read', 'images.read'],
    });

    expect(allowedCidrs).toEqual(['203.0.113.7/32', '2001:db8::/32']);
    expect(scopes).toEqual(['images.read']);
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: '   ' }, 'name'],
    [{ name: 'x'.repeat(101) }, 'name'],
    [{ name: 'a\u0000b' }, 'name'],
    [{ name: '\ud800' }, 'name'],
    [{ name: 7 }, 'name'],
    [{ style: 'openai' }, 'style'],
    [{ mode: 'demo' }, 'mode'],
    [{ profile: 'AIIMG' }, 'profile'],
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['images.delete'] }, 'scopes'],
    [{ scopes: 'images.create' }, 'scopes'],
    [{ models: [] }, 'models'],
    [{ models: [''] }, 'models'],
    [{ models: ['a\u0000'] }, 'models'],
    [{ models: Array.from({ length: 201 }, (_, i) => `m${i}`) }, 'models'],
    [{ allowedCidrs: ['everywhere'] }, 'allowedCidrs'],
    [{ allowedCidrs: [null] }, 'allowedCidrs'],
    [{ limits: [] }, 'limits'],
    [{ limits: { concurrency: 0 } }, 'limits.concurrency'],
    [{ limits: { requestsPerMinute: -1 } }, 'limits.requestsPerMinute'],
    [{ limits: { imagesPerDay: 1.5 } }, 'limits.imagesPerDay'],
    [{ limits: { creditsPerDay: 0 } }, 'limits.creditsPerDay'],
    [{ limits: { creditsPerDay: 0.0005 } }, 'limits.creditsPerDay'],
    [{ limits: { creditsPerMonth: 1e300 } }, 'limits.creditsPerMonth'],
    [{ limits: { creditsPerMonth: '10' } }, 'limits.creditsPerMonth'],
    [{ limits: { credits: 10 } }, 'limits'],
    [{ limits: { constructor: 10 } }, 'limits'],
  ])('refuses %.60j', (fields, param) => {
    expect(() => check(fields)).toThrow(
      expect.objectContaining({
        code: 'invalid_value',
        facts: expect.objectContaining({ param }),
      }),
    );
  });

  it.each([new Date(0), new Date(Date.now() - 1), new Date(Number.NaN)])(
    'refuses the expiry %s',
    (expiresAt) => {
      expect(() => checkExpiry(expiresAt)).toThrow(
        expect.objectContaining({ code: 'invalid_value' }),
      );
    },
  );

  it('a change of limits keeps those it does not name, and null lifts one', () => {
    const limits = { concurrency: 3, creditsPerDay: 1.5 };

    expect(mergeLimits(limits, { requestsPerMinute: 60 })).toEqual({
      concurrency: 3,
      creditsPerDay: 1.5,
      requestsPerMinute: 60,
    });
    expect(mergeLimits(limits, { concurrency: null })).toEqual({ creditsPerDay: 1.5 });
    expect(mergeLimits(limits, undefined)).toEqual(limits);
    expect(mergeLimits(limits, { concurrency: undefined })).toEqual(limits);
    expect(mergeLimits(limits, null)).toEqual({});
    expect(() => mergeLimits(limits, { concurrency: 0 })).toThrow();
  });
});
