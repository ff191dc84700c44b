import { readCatalogFile, configFile } from './catalog-file.js';
import { catalogOf } from './catalog-of.js';
import { checkCatalog } from './check-catalog.js';
import { tierOf } from './tiers.js';

const document = await readCatalogFile(configFile('catalog.yaml'));

describe('the shipped catalog', () => {
  it('has no problem', () => {
    expect(checkCatalog(document)).toEqual([]);
  });

  it('survives the database, which keeps JSON and not YAML', () => {
    expect(checkCatalog(JSON.parse(JSON.stringify(document)))).toEqual([]);
  });

  it.each([
    ['gpt-image-2', 'openai/gpt-image-2', 'openai:gpt-image-2', 'gpt-image-2-2026-04-21'],
    ['gpt-image-1.5', 'openai:gpt-image-1.5'],
    ['gpt-image-1-mini'],
    ['chatgpt-image-latest'],
    ['gpt-image-2.5-sunburst', 'gpt-image-2.5-sunburst-2026-09-08'],
    ['gpt-image-2.5-flare', 'gpt-image-2.5-flare-2026-09-08'],
    ['gpt-image-2.6-sunburst'],
    ['gpt-image-2.6-flare'],
    ['gpt-image-1'],
    ['dall-e-2'],
    ['dall-e-3'],
    ['gemini-2.5-flash-image', 'google:gemini-2.5-flash-image'],
    ['gemini-3.1-flash-image-preview', 'google:gemini-3.1-flash-image-preview'],
    ['gemini-3-pro-image-preview', 'google:gemini-3-pro-image-preview'],
    ['easel-sketch'],
  ])('sells %s under all its names', (name, ...aliases) => {
    const catalog = catalogOf(document);
    const model = catalog.find(name);
    expect(model?.name).toBe(name);
    expect(catalog.available).toContain(model);
    for (const alias of aliases) expect(catalog.find(alias)).toBe(model);
  });

  it('prices gpt-image-2 at 2, 4 and 6 credits in every quality and operation', () => {
    const { prices } = catalogOf(document).find('gpt-image-2')!;
    for (const operation of ['generate', 'edit'] as const) {
      for (const quality of ['auto', 'low', 'medium', 'high']) {
        expect(prices.get(operation)?.get(quality)).toEqual({
          '1k': '2000',
          '2k': '4000',
          '4k': '6000',
        });
      }
    }
  });

  it('puts every nominal size of a model into the tier it is sold as', () => {
    for (const model of catalogOf(document).models) {
      for (const byTier of model.aspectRatios.values()) {
        for (const [tier, { size }] of byTier) {
          if (size === 'auto') continue;
          expect(tierOf(size.width * size.height, model.sizes.tierPixels)).toBe(tier);
        }
      }
    }
  });

  it('names every model and tag in English and Chinese', () => {
    for (const model of catalogOf(document).models) {
      for (const text of [model.title, ...model.tags]) expect(text).toHaveProperty('zh');
    }
  });
});
