import { catalogModel } from '../../test/support/catalog-model.js';
import { catalogOf } from './catalog-of.js';

describe('the price of an operation in a quality', () => {
  const document = {
    models: [
      catalogModel({
        operations: ['generate', 'edit'],
        inputs: { images: 1 },
        surcharges: { inputImage: { included: 1, credits: 0 } },
        qualities: ['low', 'high'],
        prices: [
          { tier: '1k', credits: 1 },
          { tier: '1k', operation: 'edit', credits: 2 },
          { tier: '1k', quality: 'high', credits: 3 },
          { tier: '1k', quality: 'high', operation: 'edit', credits: 4 },
        ],
      }),
    ],
  };
  const { prices } = catalogOf(document).find('sketch-1')!;

  it.each([
    ['generate', 'low', '1000'],
    ['edit', 'low', '2000'],
    ['generate', 'high', '3000'],
    ['edit', 'high', '4000'],
  ] as const)('%s in %s is that of the most specific line', (operation, quality, price) => {
    expect(prices.get(operation)?.get(quality)).toEqual({ '1k': price });
  });

  it('a line for the quality beats one for the operation, wherever it stands', () => {
    const [any, ofEdit, ofHigh] = document.models[0].prices as object[];
    for (const lines of [
      [any, ofEdit, ofHigh],
      [ofHigh, ofEdit, any],
    ]) {
      const [model] = document.models;
      const catalog = catalogOf({ models: [{ ...model, prices: lines }] });
      const found = catalog.find('sketch-1')!.prices.get('edit')?.get('high');
      expect(found).toEqual({ '1k': '3000' });
    }
  });
});

it('a retired model is found but not for sale, under none of its names', () => {
  const retired = { name: 'old', aliases: ['older'], lifecycle: 'retired', prices: [] };
  const catalog = catalogOf({ models: [catalogModel(), catalogModel(retired)] });
  expect(catalog.find('older')?.name).toBe('old');
  expect(catalog.available.map(({ name }) => name)).toEqual(['sketch-1']);
});
