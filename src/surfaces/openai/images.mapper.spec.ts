import type { Generation } from '../../relay/index.js';
import type { Asset } from '../../storage/index.js';
import { toImagesResponse } from '../../surface-kit/index.js';
import { toGeneration } from './images.mapper.js';

const ASSET = {
  mediaType: 'image/webp',
  width: 640,
  height: 480,
  deletedAt: null,
  removedAt: null,
} as unknown as Asset;

const GENERATION = {
  id: '019aa1f0-7c1e-7a2b-9c3d-4e5f60718293',
  status: 'succeeded',
  createdAt: new Date(1_795_000_000_900),
  request: { requestedModel: 'dall-e-3', count: 2, parameters: {} },
  error: null,
  images: [ASSET, ASSET],
  usage: null,
  receipt: {
    catalogVersion: 3,
    priceFactor: 900,
    tierAsked: '1k',
    quality: 'auto',
    unit: 1800n,
    images: [{ tier: '1k', width: 640, height: 480, credits: 1800n }],
    usageSource: 'estimated',
    held: 3600n,
    captured: 1800n,
    released: 1800n,
    refunded: 0n,
    lines: [{ label: '1k', quantity: 1, unit: 1800n, amount: 1800n }],
  },
} as unknown as Generation;

const toImage = () => ({ url: 'u' });

describe('toImagesResponse', () => {
  it('says what the bytes are, and leaves out what is not known', () => {
    expect(toImagesResponse(GENERATION, toImage)).toEqual({
      created: 1_795_000_000,
      data: [{ url: 'u' }, { url: 'u' }],
      output_format: 'webp',
      size: '640x480',
    });
  });

  it('gives usage with details that add up, also when the upstream gave none', () => {
    const usage = { inputTokens: 10, outputTokens: 90, totalTokens: 100 };
    expect(toImagesResponse({ ...GENERATION, usage }, toImage).usage).toEqual({
      total_tokens: 100,
      input_tokens: 10,
      output_tokens: 90,
      input_tokens_details: { text_tokens: 10, image_tokens: 0 },
    });
  });

  it('repeats a background that was asked for, but never auto', () => {
    const withBackground = (background: string) => ({
      ...GENERATION,
      request: { ...GENERATION.request, parameters: { background } },
    });
    expect(toImagesResponse(withBackground('transparent'), toImage).background).toBe('transparent');
    expect(toImagesResponse(withBackground('auto'), toImage)).not.toHaveProperty('background');
  });

  it('answers 410 when an operator took an image down', () => {
    const images = [ASSET, { ...ASSET, removedAt: new Date() }];
    expect(() => toImagesResponse({ ...GENERATION, images }, toImage)).toThrow(
      expect.objectContaining({ code: 'image_removed' }) as Error,
    );
  });

  it('leaves out images that were deleted', () => {
    const images = [{ ...ASSET, deletedAt: new Date() }, ASSET];
    expect(toImagesResponse({ ...GENERATION, images }, toImage).data).toHaveLength(1);
  });
});

describe('toGeneration', () => {
  it('explains the charge in credits', () => {
    expect(toGeneration(GENERATION, toImage)).toMatchObject({
      object: 'image.generation',
      model: 'dall-e-3',
      error: null,
      receipt: {
        held: 3.6,
        captured: 1.8,
        released: 1.8,
        refunded: 0,
        price_factor: 900,
        unit_credits: 1.8,
        images: [{ tier: '1k', size: '640x480', credits: 1.8 }],
        usage_source: 'estimated',
        lines: [{ label: '1k', quantity: 1, unit: 1.8, amount: 1.8 }],
      },
    });
  });

  it('gives a failure as the errors of this surface, without pictures', () => {
    const failed = {
      ...GENERATION,
      status: 'failed',
      images: [],
      error: {
        code: 'content_policy_violation',
        message: 'No.',
        retryable: false,
        retryAfterSeconds: null,
      },
    } as const;
    expect(toGeneration(failed, toImage)).toMatchObject({
      data: [],
      error: {
        message: 'No.',
        type: 'image_generation_user_error',
        param: null,
        code: 'content_policy_violation',
      },
    });
  });
});
