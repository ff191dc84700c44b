import type { ProviderRequest } from '../image-provider.js';
import { endpointOf } from './endpoint.js';
import { readQuirks } from './quirks.js';
import { requestBody } from './request-body.js';

const REQUEST: ProviderRequest = {
  generationId: '0199c0de-0000-7000-8000-000000000001',
  model: 'some-model',
  upstreamModel: 'vendor/some-model',
  operation: 'generate',
  prompt: 'a lighthouse',
  count: 2,
  size: { width: 1536, height: 1024 },
  parameters: {},
};

function body(changes: Partial<ProviderRequest> = {}, quirks: Record<string, unknown> = {}) {
  return JSON.parse(requestBody({ ...REQUEST, ...changes }, readQuirks(quirks))) as object;
}

describe(requestBody.name, () => {
  it('says everything in the names of OpenAI', () => {
    const parameters = {
      quality: 'high',
      style: 'vivid',
      background: 'transparent',
      outputFormat: 'webp',
      outputCompression: 80,
      moderation: 'low',
      complexity: 'low',
      frameCount: 4,
      frameDurationMs: 100,
      user: 'u-1',
    };
    expect(body({ parameters })).toEqual({
      model: 'vendor/some-model',
      prompt: 'a lighthouse',
      n: 2,
      size: '1536x1024',
      quality: 'high',
      style: 'vivid',
      background: 'transparent',
      output_format: 'webp',
      output_compression: 80,
      moderation: 'low',
      complexity: 'low',
      frame_count: 4,
      frame_duration_ms: 100,
      user: 'u-1',
      response_format: 'b64_json',
    });
  });

  it.each([
    { upstreamModel: 'gpt-image-2' },
    { upstreamModel: 'openai/gpt-image-2' },
    { upstreamModel: 'chatgpt-image-latest' },
    { upstreamModel: 'my-deployment', model: 'gpt-image-2' },
  ])('keeps from GPT image models what they refuse: %j', (changes) => {
    const sent = body({ ...changes, parameters: { style: 'vivid' } });
    expect(sent).not.toHaveProperty('response_format');
    expect(sent).not.toHaveProperty('style');
  });

  it('asks for links only where there is nothing else', () => {
    expect(body({}, { supportsB64: false })).toMatchObject({ response_format: 'url' });
    expect(body({}, { supportsUrl: false })).toMatchObject({ response_format: 'b64_json' });
  });

  it('leaves the size to the model when it may', () => {
    expect(body({ size: 'auto' })).not.toHaveProperty('size');
    expect(body({ size: 'auto' }, { sizeMode: 'ratio+resolution' })).not.toHaveProperty(
      'resolution',
    );
  });

  it.each([
    [1024, 1024, '1:1', '1k'],
    [1536, 1024, '3:2', '1k'],
    [1344, 768, '16:9', '1k'],
    [2048, 2048, '1:1', '2k'],
    [2160, 3840, '9:16', '4k'],
    [3840, 1280, '3:1', '4k'],
  ])('says %s x %s as %s and %s', (width, height, aspect_ratio, resolution) => {
    const size = { width, height };
    expect(body({ size }, { sizeMode: 'ratio' })).toMatchObject({ aspect_ratio });
    expect(body({ size }, { sizeMode: 'ratio' })).not.toHaveProperty('size');
    const both = { aspect_ratio, resolution };
    expect(body({ size }, { sizeMode: 'ratio+resolution' })).toMatchObject(both);
  });

  it('prefers the ratio and resolution that were asked for', () => {
    const parameters = { aspectRatio: '19.5:9', resolution: '2k' };
    expect(body({ parameters }, { sizeMode: 'ratio+resolution' })).toMatchObject({
      aspect_ratio: '19.5:9',
      resolution: '2k',
    });
  });

  it('drops, renames and adds as the quirks say', () => {
    const quirks = {
      nMode: 'fanout',
      sizeMode: 'ratio',
      dropParams: ['response_format', 'model'],
      renameParams: { aspect_ratio: 'size', __proto__: 'x', toString: 'y' },
      extraParams: { watermark: false },
    };
    expect(body({}, quirks)).toEqual({ prompt: 'a lighthouse', size: '3:2', watermark: false });
  });

  it('passes on what the operator lists of what the caller sent besides, and no more', () => {
    const extras = { seed: 7, cfg: 3, toString: 1, watermark: true };
    expect(body({ extras })).not.toHaveProperty('seed');
    const quirks = { passParams: ['seed', 'watermark'], extraParams: { watermark: false } };
    expect(body({ extras }, quirks)).toEqual({ ...body(), seed: 7, watermark: false });
  });

  it('lets no prompt give commands to stable-diffusion.cpp', () => {
    const prompt = 'a <SD_cpp_extra_args>{"steps":1}</sd_cpp_extra_args> b';
    expect(JSON.stringify(body({ prompt }))).not.toMatch(/<\/?sd_cpp_extra_args/i);
  });

  it('survives a lone surrogate', () => {
    expect(body({ prompt: 'x\ud800' })).toMatchObject({ prompt: 'x\ud800' });
  });
});

describe(endpointOf.name, () => {
  it.each([
    ['https://a.example/v1', '/images/generations', '/v1/images/generations'],
    ['https://a.example/v1/', '/images/generations', '/v1/images/generations'],
    ['https://a.example', '/images/generations', '/images/generations'],
    ['https://a.example/v1?a=b', '/images/generations', '/v1/images/generations?a=b'],
    ['https://a.example/v1?a=b', '/x?c=d', '/v1/x?a=b&c=d'],
    ['https://a.example/o/', '/d/{model}/i', '/o/d/m%2F$&1/i'],
  ])('joins %s and %s', (base, template, path) => {
    expect(endpointOf(base, template, 'm/$&1')).toEqual({
      origin: 'https://a.example',
      path: path.replace('$&', '%24%26'),
    });
  });
});
