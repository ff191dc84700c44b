import { DomainError } from '../../common/domain-error.js';
import type { JsonObject } from '../../common/strict-json.js';
import { readCreateImage } from './create-image.reader.js';
import { PROFILES } from './profile.js';

type ProfileName = keyof typeof PROFILES;

const read = (body: JsonObject, profile: ProfileName = 'openai') =>
  readCreateImage({ prompt: 'a', ...body }, PROFILES[profile]);

function paramOf(body: JsonObject): string | undefined {
  try {
    read(body);
  } catch (error) {
    if (error instanceof DomainError) return error.facts.param;
  }
  return undefined;
}

describe('readCreateImage', () => {
  it('takes every documented parameter over under our names', () => {
    const { parameters, ignored } = read({
      model: 'm',
      n: '2',
      size: '1024x1024',
      quality: 'high',
      style: 'vivid',
      background: 'opaque',
      output_format: 'jpeg',
      output_compression: '80',
      moderation: 'low',
      complexity: 'high',
      frame_count: 4,
      frame_duration_ms: 200,
      aspect_ratio: '1:1',
      resolution: '1k',
      thinking_level: 'high',
      stream: 'true',
      partial_images: '2',
      response_format: 'url',
      user: 'u',
    });
    expect(parameters).toEqual({
      operation: 'generate',
      prompt: 'a',
      model: 'm',
      count: 2,
      size: '1024x1024',
      quality: 'high',
      style: 'vivid',
      background: 'opaque',
      outputFormat: 'jpeg',
      outputCompression: 80,
      moderation: 'low',
      complexity: 'high',
      frameCount: 4,
      frameDurationMs: 200,
      aspectRatio: '1:1',
      resolution: '1k',
      thinkingLevel: 'high',
      stream: true,
      partialImages: 2,
      user: 'u',
    });
    expect(ignored).toEqual(['response_format']);
  });

  it('takes null for absent, everywhere', () => {
    const names = ['model', 'n', 'size', 'quality', 'stream', 'response_format', 'user'];
    const nulls = Object.fromEntries(names.map((name) => [name, null]));
    expect(read(nulls)).toEqual({ ...read({}), ignored: [] });
  });

  it('names unknown parameters', () => {
    const { ignored } = read({ seed: 7, svg: {}, input_fidelity: 'high' });
    expect(ignored).toEqual(['seed', 'svg', 'input_fidelity']);
  });

  it('prefers a safety identifier that is not empty to user', () => {
    expect(read({ user: 'u', safety_identifier: 's' }).parameters.user).toBe('s');
    expect(read({ user: 'u', safety_identifier: '' }).parameters.user).toBe('u');
  });

  it.each([
    ['size', [1024]],
    ['model', ['m']],
    ['stream', 'perhaps'],
    ['response_format', 'b64'],
    ['prompt', 5],
    ['prompt', null],
    ['user', {}],
  ])('names %s when it is %j', (name, value) => {
    expect(paramOf({ [name]: value })).toBe(name);
  });

  it.each([
    ['n', 1.5, 'count', 1.5],
    ['n', true, 'count', Number.NaN],
    ['n', {}, 'count', Number.NaN],
    ['output_compression', 'half', 'outputCompression', Number.NaN],
    ['partial_images', 'some', 'partialImages', Number.NaN],
    ['size', 1024, 'size', '1024'],
  ] as const)('leaves it to the model what is wrong with %s: %j', (name, sent, field, value) => {
    expect(read({ [name]: sent }).parameters[field]).toEqual(value);
  });

  it.each([
    [true, true],
    ['true', true],
    ['1', true],
    [1, true],
    [false, false],
    ['false', false],
    [0, false],
    [null, false],
  ])('reads stream: %j as %j', (stream, wanted) => {
    expect(read({ stream }).stream).toBe(wanted);
    expect(read({ stream }).parameters.stream ?? false).toBe(wanted);
  });

  it('names a response_format that a stream cannot have, only when it was asked for', () => {
    expect(read({ stream: true, response_format: 'url' }).ignored).toEqual(['response_format']);
    expect(read({ stream: true, response_format: 'b64_json' }).ignored).toEqual([]);
    expect(read({ stream: true, model: 'dall-e-3' }, 'aiimg').ignored).toEqual([]);
  });

  describe('by profile', () => {
    it.each<[ProfileName, JsonObject, string]>([
      ['openai', {}, 'gpt-image-2'],
      ['aiimg', {}, 'gpt-image-2'],
      ['aiai', {}, 'dall-e-2'],
      ['aiai', { style: 'vivid', quality: 'hd', user: 'u' }, 'dall-e-2'],
      ['aiai', { background: 'opaque' }, 'gpt-image-1'],
      ['aiai', { moderation: 'low' }, 'gpt-image-1'],
      ['aiai', { background: null }, 'dall-e-2'],
    ])('%s with %j asks for %s', (profile, body, model) => {
      expect(read(body, profile).parameters.model).toBe(model);
    });

    it.each<[ProfileName, string, string]>([
      ['openai', 'gpt-image-2', 'b64_json'],
      ['openai', 'openai:gpt-image-2', 'b64_json'],
      ['openai', 'chatgpt-image-latest', 'b64_json'],
      ['openai', 'dall-e-3', 'url'],
      ['openai', 'easel-sketch', 'url'],
      ['aiai', 'gpt-image-1', 'b64_json'],
      ['aiai', 'dall-e-2', 'url'],
      ['aiimg', 'gpt-image-2', 'url'],
    ])('%s answers %s as %s unless told', (profile, model, format) => {
      expect(read({ model }, profile).format).toBe(format);
      expect(read({ model, response_format: 'url' }, profile).format).toBe('url');
      expect(read({ model, response_format: 'b64_json' }, profile).format).toBe('b64_json');
    });

    it('aiimg has a size and narrower limits of its own', () => {
      const { parameters, options } = read({}, 'aiimg');
      expect(parameters.size).toBe('1024x1024');
      expect(options).toMatchObject({ promptMin: 2, promptMax: 4000, countMax: 4 });
      expect(read({ aspect_ratio: '16:9' }, 'aiimg').parameters.size).toBeUndefined();
    });

    it('openai leaves size and limits to the catalog', () => {
      const { parameters, options } = read({});
      expect(parameters.size).toBeUndefined();
      expect(options).toEqual({ strict: false, wireNames: { count: 'n' } });
    });
  });
});
