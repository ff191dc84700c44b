import { describe, expect, it } from '@jest/globals';
import { Backoff } from './backoff.js';

describe('a process that died is replaced', () => {
  it('at once when it had served for a while', () => {
    const backoff = new Backoff();
    expect([backoff.afterDeath(5_000), backoff.afterDeath(60_000)]).toEqual([0, 0]);
  });

  it('more and more slowly when it keeps dying at its start, and never later than 15 s', () => {
    const backoff = new Backoff();
    const delays = Array.from({ length: 8 }, () => backoff.afterDeath(0));
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  it('at once again after one steady life', () => {
    const backoff = new Backoff();
    const delays = [0, 10, 6_000, 10].map((servedMs) => backoff.afterDeath(servedMs));
    expect(delays).toEqual([500, 1_000, 0, 500]);
  });
});
