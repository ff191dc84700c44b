import fc from 'fast-check';
import {
  applyFactor,
  ceilCredits,
  floorCredits,
  MAX_MILLICREDITS,
  parseCredits,
  toWireCredits,
} from './credits.js';

describe('credits on the wire', () => {
  it.each<[unknown, bigint | null]>([
    [0, 0n],
    [2, 2000n],
    ['2', 2000n],
    [0.001, 1n],
    ['-1.5', -1500n],
    [0.1 + 0.2, null],
    [1e21, null],
    [1e-7, null],
    [Number.NaN, null],
    ['', null],
    ['-', null],
    ['1.', null],
    ['.5', null],
    ['1.2.3', null],
    ['1e3', null],
    ['0x10', null],
    [' 1', null],
    ['١', null],
    ['9007199254740.991', MAX_MILLICREDITS],
    ['9007199254740.992', null],
    [[1], null],
    [null, null],
  ])('reads %p as %p', (sent, milli) => {
    expect(parseCredits(sent)).toBe(milli);
  });

  it('survives JSON to the thousandth', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 42n), 2n ** 42n), (milli) => {
        const sent = JSON.parse(JSON.stringify(toWireCredits(milli))) as number;
        expect(parseCredits(sent)).toBe(milli);
      }),
    );
  });

  it('rounds what can be spent down and what was charged up', () => {
    expect([floorCredits(1999n), ceilCredits(1001n)]).toEqual([1, 2]);
    expect([floorCredits(-1n), ceilCredits(-1999n)]).toEqual([-1, -1]);
  });

  it('never discounts a price to nothing, and never above the exact product by a thousandth', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 9n), fc.integer({ min: 1, max: 5000 }), (milli, factor) => {
        const charged = applyFactor(milli, factor);
        const exact = milli * BigInt(factor);
        expect(charged).toBeGreaterThan(0n);
        expect(charged * 1000n).toBeGreaterThanOrEqual(exact);
        expect((charged - 1n) * 1000n).toBeLessThan(exact);
      }),
    );
  });
});
