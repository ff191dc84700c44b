import { cpuMsOf } from '../../test/support/cpu-time.js';
import fc from 'fast-check';
import { guessSize, nearestSize, parseSize, ruleViolation, type SizeRule } from './sizes.js';

const RULE: SizeRule = {
  multipleOf: 16,
  minPixels: 655_360,
  maxPixels: 8_294_400,
  minEdge: 16,
  maxEdge: 3840,
  minRatio: { over: 1, under: 3 },
  maxRatio: { over: 3, under: 1 },
};

describe('parseSize', () => {
  it.each([
    '1024X1024',
    '1024×1024',
    ' 1024x1024',
    '1024x1024 ',
    '1024x1024\n',
    '01024x1024',
    '1024x',
    'x1024',
    '0x1024',
    '-1x5',
    '1e3x1e3',
    '1024.0x1024',
    '１０２４x１０２４',
    '1024x1024x1024',
    '99999999x1',
    '',
  ])('refuses %j', (text) => {
    expect(parseSize(text)).toBeNull();
  });

  it('reads plain digits around a small x', () => {
    expect(parseSize('1536x1024')).toEqual({ width: 1536, height: 1024 });
  });
});

describe('guessSize', () => {
  it.each(['1024X768', '1024×768', ' 1024x768', '01024x0768', '1024 * 768'])(
    'sees what %j meant',
    (text) => {
      expect(guessSize(text)).toEqual({ width: 1024, height: 768 });
    },
  );

  it('is not slowed down by a long text', () => {
    const long = '1'.repeat(1_000_000);
    expect(cpuMsOf(() => expect(guessSize(long)).toBeNull())).toBeLessThan(2_000);
  });
});

describe('ruleViolation', () => {
  it.each([
    [1024, 1024, null],
    [3840, 2160, null],
    [2880, 2880, null],
    [1440, 480, null],
    [1792, 936, 'divisible by 16'],
    [3856, 2048, 'longest edge'],
    [1456, 480, 'ratio'],
    [480, 1456, 'ratio'],
    [800, 800, 'pixels'],
    [3840, 2176, 'pixels'],
  ])('judges %dx%d', (width, height, reason) => {
    const violation = ruleViolation(RULE, { width, height });
    if (reason === null) expect(violation).toBeNull();
    else expect(violation).toContain(reason);
  });

  it('names an edge that is too short', () => {
    expect(ruleViolation({ ...RULE, minEdge: 512 }, { width: 496, height: 1440 })).toContain(
      'shortest edge',
    );
  });
});

describe('nearestSize', () => {
  it.each([
    ['a size of its own', 1024, 1024, '1024x1024'],
    ['too large a square', 4096, 4096, '2880x2880'],
    ['too small a square', 256, 256, '816x816'],
    ['full HD', 1920, 1080, '1920x1088'],
    ['a size off the grid', 1000, 1000, '1008x1008'],
  ])('answers %s', (_, width, height, expected) => {
    const nearest = nearestSize({ width, height }, [], RULE);
    expect(`${nearest?.width}x${nearest?.height}`).toBe(expected);
  });

  it('keeps the shape that was asked for before the area', () => {
    const list = [
      { width: 1024, height: 1024 },
      { width: 1792, height: 1024 },
      { width: 1024, height: 1792 },
    ];
    expect(nearestSize({ width: 720, height: 1280 }, list, null)).toEqual(list[2]);
  });

  it('answers a valid size for every wish', () => {
    const edge = fc.integer({ min: 1, max: 999_999 });
    fc.assert(
      fc.property(edge, edge, (width, height) => {
        const nearest = nearestSize({ width, height }, [], RULE);
        expect(nearest && ruleViolation(RULE, nearest)).toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  it('leaves a valid wish as it is', () => {
    const edge = fc.integer({ min: 1, max: 240 }).map((units) => units * 16);
    fc.assert(
      fc.property(edge, edge, (width, height) => {
        fc.pre(ruleViolation(RULE, { width, height }) === null);
        expect(nearestSize({ width, height }, [], RULE)).toEqual({ width, height });
      }),
      { numRuns: 100 },
    );
  });
});
