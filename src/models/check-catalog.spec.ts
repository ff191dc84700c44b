import { checkCatalog } from './check-catalog.js';
import { catalogModel as model, type Entry } from '../../test/support/catalog-model.js';
import type { Problem } from './problem.js';

function check(...entries: Entry[]): Problem[] {
  return checkCatalog(JSON.parse(JSON.stringify({ models: entries })));
}

const RULE = {
  multipleOf: 16,
  minPixels: 655_360,
  maxPixels: 8_294_400,
  maxEdge: 3840,
  ratio: ['1/3', 3],
};

it('takes a sound model', () => {
  expect(check(model())).toEqual([]);
});

describe('a price is demanded for everything offered', () => {
  it.each<[string, Entry, string[]]>([
    [
      'a listed size',
      { sizes: { default: '1024x1024', list: ['1024x1024', '2048x2048'] } },
      ['2k'],
    ],
    [
      'the rule',
      { sizes: { default: '1024x1024', list: ['1024x1024'], rule: RULE } },
      ['2k', '4k'],
    ],
    ['auto', { sizes: { default: 'auto', autoTier: '4k' } }, ['4k']],
    [
      'the ratio table',
      { aspectRatios: { '1:1': { '1k': '1024x1024', '2k': '2048x2048' } } },
      ['2k'],
    ],
    ['auto at a resolution', { aspectRatios: { auto: { '1k': 'auto', '4k': 'auto' } } }, ['4k']],
  ])('of %s', (_, changes, tiers) => {
    expect(check(model(changes))).toEqual(
      tiers.map((tier) => ({
        path: '/models/0/prices',
        message: `No price for ${tier}, generate.`,
      })),
    );
  });

  it('of every quality', () => {
    const prices = [{ tier: '1k', quality: 'low', credits: 1 }];
    expect(check(model({ qualities: ['low', 'high'], prices }))).toEqual([
      { path: '/models/0/prices', message: 'No price for 1k, generate in quality high.' },
    ]);
  });

  it('of every operation', () => {
    const found = check(
      model({
        operations: ['generate', 'edit'],
        inputs: { images: 1 },
        surcharges: { inputImage: { included: 1, credits: 0 } },
        prices: [{ tier: '1k', operation: 'generate', credits: 1 }],
      }),
    );
    expect(found).toEqual([{ path: '/models/0/prices', message: 'No price for 1k, edit.' }]);
  });

  it('but not of a retired model', () => {
    expect(check(model(), model({ name: 'old', lifecycle: 'retired', prices: [] }))).toEqual([]);
  });
});

describe('an amount', () => {
  const priced = (line: Entry): Problem[] => check(model({ prices: [{ tier: '1k', ...line }] }));

  it.each([-1, -0.001, 1e30, 1e7, '2', '', null, true, [2]])('%j is refused', (credits) => {
    expect(priced({ credits })).toContainEqual(
      expect.objectContaining({ path: '/models/0/prices/0/credits' }),
    );
  });

  it.each([NaN, Infinity])('%d, which only YAML can write, is refused', (credits) => {
    const found = checkCatalog({ models: [model({ prices: [{ tier: '1k', credits }] })] });
    expect(found).toContainEqual(expect.objectContaining({ path: '/models/0/prices/0/credits' }));
  });

  it.each([0.1 + 0.2, 0.0001, 1e-7, 2.0005])('%d is finer than a thousandth', (credits) => {
    expect(priced({ credits })).toEqual([
      { path: '/models/0/prices/0/credits', message: 'It must have at most three decimals.' },
    ]);
  });

  it.each([0.001, 2.125, 1_000_000])('%d is taken', (credits) => {
    expect(priced({ credits })).toEqual([]);
  });

  it('of 0 must be meant', () => {
    expect(priced({ credits: 0 })).toHaveLength(1);
    expect(priced({ credits: 0, free: true })).toEqual([]);
    expect(priced({ credits: 1, free: true })).toHaveLength(1);
  });

  it('is exact in surcharges too', () => {
    const found = check(
      model({ thinkingLevels: ['deep'], surcharges: { frame: -1, thinking: { deep: 0.12345 } } }),
    );
    expect(found.map(({ path }) => path)).toEqual([
      '/models/0/surcharges/frame',
      '/models/0/surcharges/thinking/deep',
    ]);
  });
});

describe('what is offered at a price of its own must declare it', () => {
  it.each<[string, Entry, string]>([
    ['previews', { stream: true }, 'partialImage'],
    ['input images', { operations: ['generate', 'edit'], inputs: { images: 2 } }, 'inputImage'],
    [
      'frames',
      { outputFormats: ['gif'], frames: { min: 2, max: 16, default: 9, maxDurationMs: 1000 } },
      'frame',
    ],
    ['thinking levels', { thinkingLevels: ['deep'] }, 'thinking/deep'],
  ])('%s', (_, changes, key) => {
    expect(check(model(changes)).map(({ path }) => path)).toEqual([`/models/0/surcharges/${key}`]);
  });

  it('and nothing else may stand there', () => {
    const found = check(model({ surcharges: { thinking: { deep: 1 } } }));
    expect(found.map(({ path }) => path)).toEqual(['/models/0/surcharges/thinking/deep']);
  });
});

describe('contradictions are named where they stand', () => {
  it.each<[string, Entry, string]>([
    [
      'a default outside the list',
      { sizes: { default: '512x512', list: ['1024x1024'] } },
      'sizes/default',
    ],
    ['auto without a tier', { sizes: { default: 'auto', list: ['1024x1024'] } }, 'sizes/default'],
    [
      'a rule nothing satisfies',
      {
        sizes: {
          default: '1024x1024',
          list: ['1024x1024'],
          rule: { ...RULE, minPixels: 2e7, maxPixels: 2e7 },
        },
      },
      'sizes/rule',
    ],
    [
      'a ratio range upside down',
      {
        sizes: { default: '1024x1024', list: ['1024x1024'], rule: { ...RULE, ratio: [3, '1/3'] } },
      },
      'sizes/rule/ratio',
    ],
    [
      'tiers upside down',
      {
        sizes: { default: '1024x1024', list: ['1024x1024'], tierPixels: { '1k': 4e6, '2k': 2e6 } },
      },
      'sizes/tierPixels',
    ],
    [
      'a size in the wrong tier',
      { aspectRatios: { '1:1': { '1k': '2048x2048' } } },
      'aspectRatios/1:1/1k',
    ],
    ['auto for a ratio', { aspectRatios: { '1:1': { '1k': 'auto' } } }, 'aspectRatios/1:1/1k'],
    [
      'a default quality not offered',
      { qualities: ['low'], defaultQuality: 'high' },
      'defaultQuality',
    ],
    [
      'a price for no quality',
      {
        prices: [
          { tier: '1k', credits: 2 },
          { tier: '1k', quality: 'hihg', credits: 2 },
        ],
      },
      'prices/1/quality',
    ],
    [
      'a price for no operation',
      {
        prices: [
          { tier: '1k', credits: 2 },
          { tier: '1k', operation: 'edit', credits: 2 },
        ],
      },
      'prices/1/operation',
    ],
    [
      'the same price twice',
      {
        prices: [
          { tier: '1k', credits: 2 },
          { tier: '1k', credits: 3 },
        ],
      },
      'prices/1',
    ],
    [
      'a large tier cheaper than a small',
      {
        prices: [
          { tier: '1k', credits: 2 },
          { tier: '2k', credits: 1 },
        ],
      },
      'prices',
    ],
    ['edit without inputs', { operations: ['edit'] }, 'inputs/images'],
    [
      'inputs without edit',
      { inputs: { images: 1 }, surcharges: { inputImage: { included: 0, credits: 0 } } },
      'inputs',
    ],
    [
      'transparent without a format for it',
      { backgrounds: ['transparent'], outputFormats: ['jpeg'] },
      'backgrounds',
    ],
    ['gif without frames', { outputFormats: ['gif'], surcharges: { frame: 0 } }, 'frames'],
    ['a prompt minimum above the maximum', { prompt: { min: 9, max: 8 } }, 'prompt/min'],
    ['a day that does not exist', { created: '2026-02-30' }, 'created'],
    ['a replacement that does not exist', { replacement: 'sketch-9' }, 'replacement'],
    ['a replacement by itself', { replacement: 'sketch-1' }, 'replacement'],
    ['a key nobody knows', { prise: 1 }, 'prise'],
    ['a key missing', { ownedBy: undefined }, 'ownedBy'],
    [
      'an unknown tier',
      {
        prices: [
          { tier: '1k', credits: 2 },
          { tier: '8k', credits: 9 },
        ],
      },
      'prices/1/tier',
    ],
    ['a lifecycle nobody knows', { lifecycle: 'dead' }, 'lifecycle'],
  ])('%s', (_, changes, path) => {
    const [first, ...rest] = check(model(changes)).map((problem) => problem.path);
    expect(first).toBe(`/models/0/${path}`);
    // A size or rule that is wrong may besides reach a tier without a price.
    expect(rest.filter((other) => other !== '/models/0/prices')).toEqual([]);
  });

  it('a ratio whose size the rule refuses', () => {
    const sizes = { default: '1024x1024', rule: { ...RULE, maxPixels: 1_500_000 } };
    const aspectRatios = { '16:9': { '1k': '1280x722' } };
    expect(check(model({ sizes, aspectRatios }))).toEqual([
      {
        path: '/models/0/aspectRatios/16:9/1k',
        message: 'Width and height must both be divisible by 16.',
      },
    ]);
  });

  it('a name taken twice, as name or alias', () => {
    const found = check(
      model({ aliases: ['both'] }),
      model({ name: 'sketch-2', aliases: ['both', 'sketch-1', 'sketch-2'] }),
    );
    expect(found.map(({ path }) => path)).toEqual([
      '/models/1/aliases/0',
      '/models/1/aliases/1',
      '/models/1/aliases/2',
    ]);
  });
});

it('names every problem, not the first', () => {
  const found = check(
    model({ title: {}, prise: 1, prices: [{ tier: '1k', credits: -1 }], stream: true }),
    model({ sizes: { default: '1024x1024', list: ['1024x1024', '2048x2048'] } }),
  );
  expect(found.map(({ path }) => path).sort()).toEqual([
    '/models/0/prices/0/credits',
    '/models/0/prise',
    '/models/0/surcharges/partialImage',
    '/models/0/title/en',
    '/models/1/name',
    '/models/1/prices',
  ]);
});
