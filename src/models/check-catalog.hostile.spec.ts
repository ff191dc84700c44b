import { cpuMsOf } from '../../test/support/cpu-time.js';
import { catalogModel as model, type Entry } from '../../test/support/catalog-model.js';
import { checkCatalog } from './check-catalog.js';

const of = (changes: Entry) => ({ models: [model(changes)] });
const faults = (length = 500) => Array.from({ length }, () => ({ tier: 1, credits: '' }));

describe('hostile documents', () => {
  it.each([null, undefined, 1, 'x', [], {}, { models: null }, { models: {} }, { models: [] }])(
    '%j is refused',
    (document) => {
      expect(checkCatalog(document).length).toBeGreaterThan(0);
    },
  );

  it.each([null, 1, 'x', [], {}, { sizes: 1, prices: {}, aspectRatios: [], inputs: 'x' }])(
    'a model of %j is refused',
    (entry) => {
      expect(checkCatalog({ models: [entry] }).length).toBeGreaterThan(0);
    },
  );

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is no key', (key) => {
    for (const part of ['', ',"sizes":{"default":"1024x1024"', ',"title":{"en":"x"']) {
      const text = `{"models":[{"name":"a"${part},${JSON.stringify(key)}:{"x":1}${part && '}'}}]}`;
      const found = checkCatalog(JSON.parse(text));
      expect(found.some(({ path }) => path.endsWith(`/${key}`))).toBe(true);
    }
    expect(({} as Entry).x).toBeUndefined();
  });

  it('a thinking level called constructor has no inherited surcharge', () => {
    const found = checkCatalog(of({ thinkingLevels: ['constructor'] }));
    expect(found.map(({ path }) => path)).toEqual(['/models/0/surcharges/thinking/constructor']);
  });

  it.each([
    ['NUL in a value', { title: { en: 'a\u0000' } }, '/models/0/title/en'],
    ['half a surrogate pair', { title: { en: 'a\ud800' } }, '/models/0/title/en'],
    ['NUL in a key', { 'a\u0000': 1 }, '/models/0'],
  ])('%s is refused before the database sees it', (_, changes, path) => {
    expect(checkCatalog({ models: [model(changes)] })).toEqual([
      { path, message: 'The text holds U+0000 or an unpaired surrogate.' },
    ]);
  });

  it('depth is bounded', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    const [problem, ...more] = checkCatalog({ models: [deep] });
    expect(problem.message).toContain('levels deep');
    expect(more).toEqual([]);
  });

  it.each([
    ['models', { models: Array.from({ length: 100_000 }, () => ({})) }],
    ['faulty models', { models: Array.from({ length: 500 }, () => ({ prices: faults() })) }],
    ['prices', { models: [model({ prices: faults(60_000) })] }],
    ['faulty prices', { models: [model({ prices: faults() })] }],
    ['keys', Object.fromEntries(Array.from({ length: 250_000 }, (_, at) => [`k${at}`, 1]))],
  ])('too many %s are refused quickly and in few words', (_, document) => {
    let found: ReturnType<typeof checkCatalog> = [];
    expect(cpuMsOf(() => (found = checkCatalog(document)))).toBeLessThan(30_000);
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThanOrEqual(1000);
  });

  it('absurd sizes and rules cost nothing', () => {
    const rule = {
      multipleOf: 1,
      minPixels: 1,
      maxPixels: 268_435_456,
      maxEdge: 16384,
      ratio: [1, 1],
    };
    const sizes = { default: '99999x99999', list: ['99999x99999', '999999x1'], rule };
    const spent = cpuMsOf(() => {
      expect(checkCatalog(of({ sizes })).length).toBeGreaterThan(0);
    });
    expect(spent).toBeLessThan(5_000);
  });
});
