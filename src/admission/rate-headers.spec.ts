import { describe, expect, it } from '@jest/globals';
import { formatDuration, rateHeaders } from './rate-headers.js';

describe(formatDuration, () => {
  it.each([
    [-5, '0s'],
    [0, '0s'],
    [0.2, '1ms'],
    [120, '120ms'],
    [999, '999ms'],
    [999.5, '1s'],
    [1000, '1s'],
    [8640, '8.64s'],
    [59_999, '59.999s'],
    [60_000, '1m0s'],
    [72_500, '1m12.5s'],
    [360_000, '6m0s'],
    [3_600_000, '1h0m0s'],
  ])('%d ms reads %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe(rateHeaders, () => {
  it('names limit, rest and reset as OpenAI does', () => {
    expect(rateHeaders({ limit: 60, remaining: 59, resetMs: 1000 })).toEqual({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-reset-requests': '1s',
    });
  });
});
