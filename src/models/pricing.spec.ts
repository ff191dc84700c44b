import fc from 'fast-check';
import type { PriceBasis, ResolvedRequest, Tier } from './image-request.js';
import { captureFor, quote, receiptLines } from './pricing.js';
import { catalogOf } from './catalog-of.js';
import { resolveRequest } from './resolve-request.js';
import { catalogModel } from '../../test/support/catalog-model.js';
import { DEFAULT_TIER_PIXELS, tierOf, TIERS } from './tiers.js';

const PIXELS: Record<Tier, { width: number; height: number }> = {
  '1k': { width: 1536, height: 1024 },
  '2k': { width: 2048, height: 2048 },
  '4k': { width: 3840, height: 2160 },
};

const milli = fc.bigInt({ min: 0n, max: 1_000_000_000n });
const factor = fc.integer({ min: 0, max: 5000 });
const size = fc.record({
  width: fc.integer({ min: 1, max: 8192 }),
  height: fc.integer({ min: 1, max: 8192 }),
});

/** Any price a checked catalog can lead to: amounts rise with the tier. */
const basis: fc.Arbitrary<PriceBasis> = fc
  .record({
    amounts: fc.tuple(milli, milli, milli),
    first: fc.constantFrom(0, 1, 2),
    tier: fc.constantFrom(...TIERS),
    surcharges: fc.array(fc.record({ label: fc.constant('frames'), credits: milli.map(String) }), {
      maxLength: 3,
    }),
  })
  .map(({ amounts, first, tier, surcharges }) => {
    const rising = amounts.toSorted((a, b) => (a < b ? -1 : 1)).map(String);
    const sold = TIERS.slice(first);
    return {
      kind: 'image' as const,
      tier: sold.includes(tier) ? tier : sold[0],
      quality: 'auto',
      tiers: Object.fromEntries(sold.map((name) => [name, rising[TIERS.indexOf(name)]])),
      tierPixels: DEFAULT_TIER_PIXELS,
      surcharges,
    };
  });

function request(price: PriceBasis, count: number): ResolvedRequest {
  return { price, count, catalogVersion: 3 } as ResolvedRequest;
}

const GPT_IMAGE_2: PriceBasis = {
  kind: 'image',
  tier: '2k',
  quality: 'high',
  tiers: { '1k': '2000', '2k': '4000', '4k': '6000' },
  tierPixels: DEFAULT_TIER_PIXELS,
  surcharges: [],
};

describe('quote', () => {
  it('is unit price times count', () => {
    expect(quote(request(GPT_IMAGE_2, 3), 1000)).toEqual({
      credits: 12_000n,
      unitCredits: 4000n,
      tier: '2k',
      quality: 'high',
      count: 3,
      catalogVersion: 3,
      lines: [{ label: 'image 2k, quality high', quantity: 3, unit: 4000n, amount: 12_000n }],
    });
  });

  it('rounds every unit up to a thousandth, so that no discount makes it free', () => {
    const price = { ...GPT_IMAGE_2, tiers: { '2k': '1' } };
    expect(quote(request(price, 2), 1)).toMatchObject({ credits: 2n, unitCredits: 1n });
    expect(quote(request(GPT_IMAGE_2, 1), 333).credits).toBe(1332n);
  });

  it('adds up to its lines and to count times the unit', () => {
    fc.assert(
      fc.property(basis, fc.integer({ min: 1, max: 10 }), factor, (price, count, priceFactor) => {
        const { credits, unitCredits, lines } = quote(request(price, count), priceFactor);
        expect(lines.reduce((sum, { amount }) => sum + amount, 0n)).toBe(credits);
        expect(unitCredits * BigInt(count)).toBe(credits);
      }),
    );
  });
});

describe('captureFor', () => {
  it.each([
    ['1k', 2000n],
    ['2k', 4000n],
    ['4k', 4000n],
  ] as const)('a %s picture for a 2k request costs %d thousandths', (delivered, due) => {
    expect(captureFor(GPT_IMAGE_2, 1000, PIXELS[delivered], 4000n)).toBe(due);
  });

  it('a tier without a price costs the next larger one, at most what was asked', () => {
    const price = { ...GPT_IMAGE_2, tiers: { '2k': '4000' } };
    expect(captureFor(price, 1000, PIXELS['1k'], 4000n)).toBe(4000n);
  });

  it('never exceeds what was held, whatever arrives', () => {
    fc.assert(
      fc.property(basis, factor, size, (price, priceFactor, delivered) => {
        const { unitCredits } = quote(request(price, 1), priceFactor);
        const captured = captureFor(price, priceFactor, delivered, 10n ** 18n);
        expect(captured <= unitCredits).toBe(true);
        expect(captured >= 0n).toBe(true);
        expect(captureFor(price, priceFactor, delivered, 7n) <= 7n).toBe(true);
      }),
    );
  });

  it('never rises when the picture shrinks', () => {
    fc.assert(
      fc.property(basis, factor, size, size, (price, priceFactor, a, b) => {
        const [small, large] = a.width * a.height <= b.width * b.height ? [a, b] : [b, a];
        const due = (delivered: typeof a) => captureFor(price, priceFactor, delivered, 10n ** 18n);
        expect(due(small) <= due(large)).toBe(true);
      }),
    );
  });

  it('rises with the factor', () => {
    fc.assert(
      fc.property(basis, factor, factor, size, (price, a, b, delivered) => {
        const [low, high] = a <= b ? [a, b] : [b, a];
        const due = (priceFactor: number) => captureFor(price, priceFactor, delivered, 10n ** 18n);
        expect(due(low) <= due(high)).toBe(true);
      }),
    );
  });
});

describe('receiptLines', () => {
  it('explain what was captured, to the thousandth', () => {
    fc.assert(
      fc.property(
        basis,
        factor,
        fc.array(size, { maxLength: 10 }),
        (price, priceFactor, images) => {
          const captured = images.reduce(
            (sum, image) => sum + captureFor(price, priceFactor, image, 10n ** 18n),
            0n,
          );
          const lines = receiptLines(price, priceFactor, images);
          expect(lines.reduce((sum, { amount }) => sum + amount, 0n)).toBe(captured);
          for (const { quantity, unit, amount } of lines)
            expect(unit * BigInt(quantity)).toBe(amount);
        },
      ),
    );
  });

  it('have one line per tier delivered', () => {
    const images = [PIXELS['1k'], PIXELS['2k'], PIXELS['4k']];
    expect(receiptLines(GPT_IMAGE_2, 1000, images)).toEqual([
      { label: 'image 1k, quality high', quantity: 1, unit: 2000n, amount: 2000n },
      { label: 'image 2k, quality high', quantity: 2, unit: 4000n, amount: 8000n },
    ]);
  });

  it('are none when nothing was delivered', () => {
    expect(receiptLines(GPT_IMAGE_2, 1000, [])).toEqual([]);
  });
});

describe('tierOf', () => {
  it.each([
    [1_572_864, '1k'],
    [1_572_865, '2k'],
    [4_194_304, '2k'],
    [4_194_305, '4k'],
  ])('%d pixels are %s', (pixels, tier) => {
    expect(tierOf(pixels, DEFAULT_TIER_PIXELS)).toBe(tier);
  });
});

describe('surcharges', () => {
  const document = {
    models: [
      catalogModel({
        operations: ['generate', 'edit'],
        inputs: { images: 16 },
        stream: true,
        outputFormats: ['png', 'gif'],
        frames: { min: 2, max: 16, default: 9, maxDurationMs: 1000 },
        thinkingLevels: ['default', 'deep'],
        surcharges: {
          inputImage: { included: 2, credits: 0.5 },
          partialImage: 0.25,
          frame: 0.1,
          thinking: { default: 0, deep: 3 },
        },
      }),
    ],
  };
  const snapshot = { version: 1, catalog: catalogOf(document) };
  const price = (sent: object) =>
    resolveRequest(
      snapshot,
      { model: 'sketch-1', operation: 'generate', prompt: 'x', ...sent },
      { strict: true },
    ).price.surcharges;

  it.each<[object, PriceBasis['surcharges']]>([
    [{}, []],
    [{ operation: 'edit', inputImages: 2 }, []],
    [
      { operation: 'edit', inputImages: 5 },
      [{ label: 'input images beyond 2 × 3', credits: '1500' }],
    ],
    [{ stream: true, partialImages: 2 }, [{ label: 'partial images × 2', credits: '500' }]],
    [{ outputFormat: 'gif' }, [{ label: 'frames × 9', credits: '900' }]],
    [{ outputFormat: 'gif', frameCount: 2 }, [{ label: 'frames × 2', credits: '200' }]],
    [{ thinkingLevel: 'deep' }, [{ label: 'thinking level deep', credits: '3000' }]],
    [{ thinkingLevel: 'default' }, []],
  ])('of %j', (sent, expected) => {
    expect(price(sent)).toEqual(expected);
  });
});
