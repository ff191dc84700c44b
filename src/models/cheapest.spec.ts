import { catalogOf } from './catalog-of.js';
import { cheapest } from './cheapest.js';
import type { CatalogDocument } from './document.js';
import { snapshot } from '../../test/support/resolving.js';
import { configFile, readCatalogFile } from './catalog-file.js';

describe(cheapest.name, () => {
  it('is the least price of any model that does it, factor applied and rounded up', () => {
    expect(cheapest(snapshot.catalog, 'edit', null, 1000)).toBe(1000n);
    expect(cheapest(snapshot.catalog, 'edit', null, 333)).toBe(333n);
    expect(cheapest(snapshot.catalog, 'edit', null, 0)).toBe(0n);
  });

  it('looks only at models the key may ask for, by name or alias', () => {
    const of = (...names: string[]) => cheapest(snapshot.catalog, 'edit', names, 1000);
    expect(of('gpt-image-2')).toBe(2000n);
    expect(of('openai/gpt-image-2', 'gpt-image-2.6-flare')).toBe(2000n);
    expect(of('gpt-image-1-mini', 'gpt-image-2')).toBe(1000n);
  });

  it('is nothing where nobody does it', async () => {
    expect(cheapest(snapshot.catalog, 'edit', ['dall-e-3'], 1000)).toBeNull();
    expect(cheapest(snapshot.catalog, 'edit', [], 1000)).toBeNull();
    const { models } = (await readCatalogFile(configFile('catalog.yaml'))) as CatalogDocument;
    const { replacement: _none, ...last } = models.find(({ name }) => name === 'dall-e-3')!;
    const only = { ...last, lifecycle: 'active' };
    expect(cheapest(catalogOf({ models: [only] }), 'edit', null, 1000)).toBeNull();
  });
});
