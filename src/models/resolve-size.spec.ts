import { refusal, resolve } from '../../test/support/resolving.js';
import { configFile, readCatalogFile } from './catalog-file.js';
import { catalogOf } from './catalog-of.js';
import { resolveRequest } from './resolve-request.js';

describe('the size', () => {
  it.each([
    ['1792x936', '1792x944'],
    ['1024X1024', '1024x1024'],
    ['1024×1024', '1024x1024'],
    [' 1024x1024', '1024x1024'],
    ['1024x1024 ', '1024x1024'],
    ['01024x1024', '1024x1024'],
    ['4096x4096', '2880x2880'],
    ['256x256', '816x816'],
    ['16:9', '1280x720'],
    ['banana', 'auto'],
    ['', 'auto'],
    ['999999x999999', '2880x2880'],
  ])('%j is refused, and %s is nearest', (size, nearest) => {
    const told = refusal({ size });
    expect(told).toMatchObject({ code: 'invalid_value', param: 'size', nearest });
    expect(told.accepted).toContain('1536x1024');
    expect(told.accepted?.at(-1)).toContain('divisible by 16');
    expect(resolve({ size: nearest }).model).toBe('gpt-image-2');
  });

  it.each([
    ['1024x1024', '1k'],
    ['1536x1024', '1k'],
    ['2048x2048', '2k'],
    ['2560x1440', '2k'],
    ['3840x2160', '4k'],
    ['816x816', '1k'],
  ] as const)('%s is sold as %s', (size, tier) => {
    expect(resolve({ size }).price.tier).toBe(tier);
  });

  it('of a model with a list only is one of the list', () => {
    expect(refusal({ model: 'dall-e-3', size: '1536x1024' })).toMatchObject({
      accepted: ['1024x1024', '1792x1024', '1024x1792'],
      nearest: '1792x1024',
    });
    expect(refusal({ model: 'dall-e-3', size: 'auto' })).toMatchObject({ nearest: '1024x1024' });
    expect(resolve({ model: 'dall-e-2', size: '256x256' }).size).toEqual({
      width: 256,
      height: 256,
    });
  });
});

describe('ratio and resolution', () => {
  it('give the size of the table, at the tier that was named', () => {
    expect(resolve({ aspectRatio: '16:9', resolution: '4k' })).toMatchObject({
      size: { width: 3840, height: 2160 },
      parameters: { aspectRatio: '16:9', resolution: '4k' },
      price: { tier: '4k' },
    });
  });

  it('the resolution is the smallest unless named', () => {
    expect(resolve({ aspectRatio: '21:9' })).toMatchObject({
      size: { width: 1680, height: 720 },
      parameters: { resolution: '1k' },
    });
  });

  it('a resolution alone takes the squarest shape that has it, in whatever order they stand', async () => {
    const document = await readCatalogFile(configFile('catalog.yaml'));
    const sizes = [false, true].map((turn) => {
      const copy = structuredClone(document) as { models: { aspectRatios?: object }[] };
      for (const model of copy.models) {
        const ratios = Object.entries(model.aspectRatios ?? {});
        if (turn) model.aspectRatios = Object.fromEntries(ratios.reverse());
      }
      const sent = { model: 'gpt-image-2', operation: 'generate', prompt: 'x' } as const;
      const catalog = catalogOf(copy);
      const ask = { ...sent, resolution: '4k' };
      return resolveRequest({ version: 1, catalog }, ask, { strict: false }).size;
    });

    expect(sizes).toEqual([
      { width: 3840, height: 2160 },
      { width: 3840, height: 2160 },
    ]);
  });

  it('a resolution alone leaves the shape to the model', () => {
    expect(resolve({ resolution: '2k' })).toMatchObject({ size: 'auto', price: { tier: '2k' } });
    const square = resolve({ model: 'easel-sketch', resolution: '2k' });
    expect(square.size).toEqual({ width: 2048, height: 2048 });
  });

  it('auto at a resolution holds that tier, whatever auto would hold', () => {
    expect(resolve({ aspectRatio: 'auto', resolution: '2k', size: 'auto' })).toMatchObject({
      size: 'auto',
      price: { tier: '2k' },
    });
  });

  it('a pair that is not sold is refused with what is', () => {
    expect(refusal({ aspectRatio: '1:1', resolution: '4k' })).toMatchObject({
      param: 'resolution',
      accepted: ['1k', '2k'],
      nearest: '2k',
    });
    expect(refusal({ aspectRatio: 'auto', resolution: '4k' })).toMatchObject({ nearest: '2k' });
    expect(refusal({ aspectRatio: '1:1', resolution: '2K' })).toMatchObject({ nearest: '2k' });
  });

  it.each([
    ['16:10', '3:2'],
    ['32:9', '21:9'],
    ['AUTO', 'auto'],
    ['__proto__', 'auto'],
  ])('%s is no ratio; %s is nearest', (aspectRatio, nearest) => {
    expect(refusal({ aspectRatio })).toMatchObject({ param: 'aspect_ratio', nearest });
  });

  it('beside an explicit size are dropped, or refused by a strict surface', () => {
    const sent = { size: '1024x1024', aspectRatio: '16:9', resolution: '4k' };
    expect(resolve(sent)).toMatchObject({
      size: { width: 1024, height: 1024 },
      ignored: ['aspect_ratio', 'resolution'],
      parameters: {},
    });
    expect(refusal(sent, { strict: true }).param).toBe('aspect_ratio');
  });

  it('hold at most the tier a surface caps', () => {
    expect(resolve({ aspectRatio: 'auto', resolution: '2k' }, { capTier: '1k' }).price.tier).toBe(
      '1k',
    );
    expect(resolve({ aspectRatio: '16:9' }, { capTier: '4k' }).price.tier).toBe('1k');
  });
});
