import { refusal, resolve, snapshot } from '../../test/support/resolving.js';
import { resolveRequest } from './resolve-request.js';

describe('a plain request', () => {
  it('is frozen with its price, as plain JSON', () => {
    const resolved = resolve({ model: 'openai:gpt-image-2', size: '1024x1024', quality: 'high' });
    expect(JSON.parse(JSON.stringify(resolved))).toEqual(resolved);
    expect(resolved).toEqual({
      model: 'gpt-image-2',
      requestedModel: 'openai:gpt-image-2',
      ownedBy: 'openai',
      catalogVersion: 7,
      operation: 'generate',
      prompt: 'a lighthouse',
      count: 1,
      size: { width: 1024, height: 1024 },
      parameters: { quality: 'high' },
      ignored: [],
      price: {
        kind: 'image',
        tier: '1k',
        quality: 'high',
        tiers: { '1k': '2000', '2k': '4000', '4k': '6000' },
        tierPixels: { '1k': 1_572_864, '2k': 4_194_304 },
        surcharges: [],
      },
      deadlineSeconds: null,
    });
  });

  it('without a size gets the default, held at the tier declared for auto', () => {
    expect(resolve()).toMatchObject({ size: 'auto', price: { tier: '1k', quality: 'auto' } });
  });
});

describe('the model', () => {
  it.each([
    ['gpt-imgae-2', 'gpt-image-2'],
    ['GPT-IMAGE-2', 'gpt-image-2'],
    [' gpt-image-2', 'gpt-image-2'],
    ['dall-e-4', 'dall-e-3'],
  ])('%j does not exist; %s is named', (name, nearest) => {
    expect(refusal({ model: name })).toMatchObject({
      code: 'model_not_found',
      param: 'model',
      nearest,
      message: expect.stringContaining('gpt-image-2'),
    });
  });

  it.each(['../', '', '__proto__', 'constructor', 'x'.repeat(1_000_000)])(
    'a strange name is only a name that does not exist',
    (name) => {
      const { code, message } = refusal({ model: name });
      expect(code).toBe('model_not_found');
      expect(message.length).toBeLessThan(1000);
    },
  );

  it('that is retired is refused with its replacement', () => {
    const model = { ...snapshot.catalog.find('dall-e-2')!, lifecycle: 'retired' as const };
    const find = (name: string) => (name === 'dall-e-2' ? model : snapshot.catalog.find(name));
    const catalog = Object.assign(Object.create(snapshot.catalog), { find });
    const sent = { model: 'dall-e-2', operation: 'generate' as const, prompt: 'x' };
    expect(() => resolveRequest({ version: 1, catalog }, sent, { strict: false })).toThrow(
      /is retired.*Nearest: gpt-image-1-mini/,
    );
  });

  it.each([
    ['gpt-imgae-2', 'generate', 'gpt-image-1.5'],
    ['dall-e-3', 'edit', 'gpt-image-1.5'],
  ] as const)('%s is refused by name of those the caller may use only', (model, operation, own) => {
    const allowed = ['openai:gpt-image-1.5', 'dall-e-3'];
    const error = refusal({ model, operation }, { allowed });
    expect(error.nearest).toBe(own);
    expect(error.accepted).toEqual(operation === 'edit' ? [own] : [own, 'dall-e-3']);
    expect(error.message.replace(model, '')).not.toMatch(/gpt-image-2|easel|gemini/);
  });

  it('that cannot edit is refused with models that can', () => {
    expect(refusal({ model: 'dall-e-3', operation: 'edit' })).toMatchObject({
      code: 'invalid_value',
      param: 'model',
      nearest: 'gpt-image-2',
    });
  });
});

describe('the prompt', () => {
  it.each(['', '   ', '\n\t'])('%j is missing', (prompt) => {
    expect(refusal({ prompt })).toMatchObject({
      code: 'missing_required_parameter',
      param: 'prompt',
    });
  });

  it('is counted in code points', () => {
    expect(resolve({ model: 'dall-e-2', prompt: '😀'.repeat(1000) }).prompt).toHaveLength(2000);
    expect(refusal({ model: 'dall-e-2', prompt: '😀'.repeat(1001) })).toMatchObject({
      param: 'prompt',
      accepted: ['1 to 1000 characters'],
    });
    expect(refusal({ model: 'dall-e-2', prompt: 'x'.repeat(1001) })).toMatchObject({
      param: 'prompt',
    });
  });

  it('has the narrower limits of a profile', () => {
    const options = { promptMin: 2, promptMax: 4000 };
    expect(refusal({ prompt: 'x' }, options)).toMatchObject({
      accepted: ['2 to 4000 characters'],
      message: expect.stringContaining('too short'),
    });
    expect(refusal({ prompt: '😀' }, options).param).toBe('prompt');
    expect(refusal({ prompt: 'x'.repeat(4001) }, options).param).toBe('prompt');
    expect(resolve({ prompt: '😀😀' }, options).prompt).toBe('😀😀');
  });

  it('never appears in a refusal', () => {
    const prompt = 'secret'.repeat(10_000);
    expect(refusal({ prompt }).message).not.toContain('secret');
  });
});

describe('text the database cannot hold', () => {
  it.each(['model', 'prompt', 'size', 'quality', 'style', 'user', 'aspectRatio'] as const)(
    'is refused in %s, also where the parameter would be dropped',
    (field) => {
      for (const text of ['a\u0000b', 'a\ud800', '\udc00a']) {
        expect(refusal({ [field]: text }, { wireNames: { aspectRatio: 'ratio' } })).toMatchObject({
          code: 'invalid_value',
          param: field === 'aspectRatio' ? 'ratio' : field,
        });
      }
    },
  );
});

describe('the count', () => {
  it.each([
    [0, '1'],
    [-1, '1'],
    [11, '10'],
    [1.5, '2'],
    [1e309, '10'],
    [NaN, '1'],
  ])('%d is refused', (count, nearest) => {
    expect(refusal({ count })).toMatchObject({ param: 'n', accepted: ['1 to 10'], nearest });
  });

  it('has the narrower limit of a profile and the name of the surface', () => {
    expect(refusal({ count: 5 }, { countMax: 4, wireNames: { count: 'images' } })).toMatchObject({
      param: 'images',
      nearest: '4',
    });
    expect(refusal({ model: 'dall-e-3', count: 2 })).toMatchObject({ accepted: ['1'] });
  });
});

describe('a parameter the model lacks', () => {
  it('is dropped and named in the order sent', () => {
    const resolved = resolve({
      model: 'dall-e-2',
      moderation: 'low',
      style: 'vivid',
      background: 'banana',
      outputCompression: 50,
      frameCount: 3,
      inputFidelity: 'high',
      partialImages: 99,
      resolution: '2k',
    });
    expect(resolved.ignored).toEqual([
      'moderation',
      'style',
      'background',
      'output_compression',
      'frame_count',
      'input_fidelity',
      'partial_images',
      'resolution',
    ]);
    expect(resolved.parameters).toEqual({});
  });

  it.each([{ style: 'vivid' }, { inputFidelity: 'high' }, { thinkingLevel: 'deep' }])(
    '%j is refused by a strict surface',
    (sent) => {
      const [field] = Object.keys(sent);
      expect(refusal(sent, { strict: true, wireNames: { [field]: 'theirs' } })).toMatchObject({
        code: 'invalid_value',
        param: 'theirs',
      });
    },
  );
});

describe('a value outside the catalog', () => {
  it.each([
    [{ quality: 'High' }, 'quality', 'high'],
    [{ quality: 'HD' }, 'quality', 'high'],
    [{ quality: 'hihg' }, 'quality', 'high'],
    [{ quality: 'xhigh' }, 'quality', 'high'],
    [{ quality: '' }, 'quality', 'low'],
    [{ background: 'transparant' }, 'background', 'transparent'],
    [{ outputFormat: 'jpg' }, 'output_format', 'jpeg'],
    [{ moderation: 'none' }, 'moderation', 'low'],
    [{ model: 'dall-e-3', style: 'natrual' }, 'style', 'natural'],
    [{ model: 'dall-e-3', quality: 'xhigh' }, 'quality', 'hd'],
    [{ model: 'gemini-3-pro-image-preview', thinkingLevel: 'high' }, 'thinking_level', 'deep'],
  ])('%j is refused by lenient and strict surfaces', (sent, param, nearest) => {
    for (const strict of [false, true]) {
      const told = refusal(sent, { strict });
      expect(told).toMatchObject({ code: 'invalid_value', param });
      expect(told.accepted).toContain(told.nearest);
      expect(told.nearest).toBe(nearest);
    }
  });

  it.each([
    ['gpt-image-2', 'standard', 'medium'],
    ['gpt-image-2', 'hd', 'high'],
    ['dall-e-3', 'auto', 'standard'],
    ['dall-e-3', 'low', 'standard'],
    ['dall-e-3', 'medium', 'standard'],
    ['dall-e-3', 'high', 'hd'],
    ['dall-e-3', 'hd', 'hd'],
  ])('%s takes the quality %s of another family as %s', (model, quality, meant) => {
    const resolved = resolve({ model, quality });
    expect(resolved.parameters.quality).toBe(meant);
    expect(resolved.price.quality).toBe(meant);
    expect(resolved.ignored).toEqual([]);
  });

  it('a strict surface takes no other family’s words', () => {
    expect(refusal({ quality: 'hd' }, { strict: true })).toMatchObject({ nearest: 'high' });
  });
});
