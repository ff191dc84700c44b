import { DomainError } from '../common/domain-error.js';
import { configFile, readCatalogFile } from './catalog-file.js';
import { catalogOf } from './catalog-of.js';
import type { ImageParameters, ResolvedRequest } from './image-request.js';
import { resolveRequest } from './resolve-request.js';

const catalog = catalogOf(await readCatalogFile(configFile('catalog.yaml')));

function resolve(sent: Partial<ImageParameters>, strict = false): ResolvedRequest {
  const parameters: ImageParameters = {
    model: 'gpt-image-2.5-flare',
    operation: 'generate',
    prompt: 'a lighthouse',
    ...sent,
  };
  return resolveRequest({ version: 1, catalog }, parameters, { strict });
}

function refusedParam(sent: Partial<ImageParameters>, strict = false): string | undefined {
  try {
    resolve(sent, strict);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid_value') return error.facts.param;
    throw error;
  }
  return undefined;
}

describe('what does not go together is refused by its field', () => {
  it.each<[Partial<ImageParameters>, string]>([
    [{ background: 'transparent', outputFormat: 'jpeg' }, 'background'],
    [{ background: 'transparent', outputFormat: 'gif' }, 'background'],
    [{ outputCompression: 50 }, 'output_compression'],
    [{ outputCompression: 50, outputFormat: 'png' }, 'output_compression'],
    [{ outputCompression: 50, outputFormat: 'gif' }, 'output_compression'],
    [{ outputCompression: 101, outputFormat: 'webp' }, 'output_compression'],
    [{ outputCompression: -1, outputFormat: 'jpeg' }, 'output_compression'],
    [{ outputCompression: 1.5, outputFormat: 'jpeg' }, 'output_compression'],
    [{ outputFormat: 'svg', count: 2 }, 'n'],
    [{ outputFormat: 'svg', stream: true }, 'stream'],
    [{ outputFormat: 'svg', operation: 'edit', inputImages: 1 }, 'output_format'],
    [{ outputFormat: 'gif', stream: true }, 'stream'],
    [{ outputFormat: 'gif', operation: 'edit', inputImages: 1, mask: true }, 'mask'],
    [{ frameCount: 4 }, 'frame_count'],
    [{ frameDurationMs: 100, outputFormat: 'png' }, 'frame_duration_ms'],
    [{ frameCount: 1, outputFormat: 'gif' }, 'frame_count'],
    [{ frameCount: 17, outputFormat: 'gif' }, 'frame_count'],
    [{ frameDurationMs: 0, outputFormat: 'gif' }, 'frame_duration_ms'],
    [{ frameDurationMs: 655_351, outputFormat: 'gif' }, 'frame_duration_ms'],
    [{ stream: true, partialImages: 4 }, 'partial_images'],
    [{ stream: true, partialImages: -1 }, 'partial_images'],
    [{ partialImages: 4 }, 'partial_images'],
    [{ operation: 'edit', inputImages: 17 }, 'image'],
    [{ operation: 'edit', inputImages: 0 }, 'image'],
    [{ model: 'gemini-2.5-flash-image', operation: 'edit', inputImages: 1, mask: true }, 'mask'],
    [{ user: 'x'.repeat(513) }, 'user'],
  ])('%j', (sent, param) => {
    expect(refusedParam(sent)).toBe(param);
    expect(refusedParam(sent, true)).toBe(param);
  });
});

describe('what goes together is kept', () => {
  it.each<[Partial<ImageParameters>, ResolvedRequest['parameters']]>([
    [{ background: 'transparent' }, { background: 'transparent' }],
    [
      { background: 'transparent', outputFormat: 'webp', outputCompression: 0 },
      { background: 'transparent', outputFormat: 'webp', outputCompression: 0 },
    ],
    [{ outputCompression: 100 }, {}],
    [{ stream: false }, {}],
    [
      { stream: true, partialImages: 3 },
      { stream: true, partialImages: 3 },
    ],
    [{ stream: true, partialImages: 0 }, { stream: true }],
    [
      { outputFormat: 'gif', frameCount: 16, frameDurationMs: 123 },
      { outputFormat: 'gif', frameCount: 16, frameDurationMs: 120 },
    ],
    [
      { outputFormat: 'gif', frameDurationMs: 1 },
      { outputFormat: 'gif', frameDurationMs: 10 },
    ],
    [
      { outputFormat: 'svg', complexity: 'low', user: 'u' },
      { outputFormat: 'svg', complexity: 'low', user: 'u' },
    ],
  ])('%j', (sent, parameters) => {
    expect(resolve(sent)).toMatchObject({ parameters, ignored: [] });
    expect(resolve(sent).parameters).toEqual(parameters);
  });

  it('a stream of a model that cannot stream is the surface’s business, unless it is strict', () => {
    const sent = { model: 'dall-e-3', stream: true, partialImages: 2 };
    const { parameters, ignored, price } = resolve(sent);
    expect([parameters, ignored, price.surcharges]).toEqual([{}, ['partial_images'], []]);
    expect(refusedParam({ model: 'dall-e-3', stream: true }, true)).toBe('stream');
  });

  it('stream: false is taken by a model that cannot stream', () => {
    expect(resolve({ model: 'dall-e-3', stream: false }, true).ignored).toEqual([]);
  });
});

it('previews without a stream are dropped, or refused by a strict surface', () => {
  expect(resolve({ partialImages: 2 })).toMatchObject({
    parameters: {},
    ignored: ['partial_images'],
  });
  expect(refusedParam({ partialImages: 2 }, true)).toBe('partial_images');
});
