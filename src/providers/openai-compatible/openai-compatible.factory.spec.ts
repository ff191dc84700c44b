import { DialGuard } from '../../egress/index.js';
import { failureOf } from '../../../test/support/provider-contract.js';
import type { ProviderSettings } from '../image-provider.js';
import { OpenAiCompatibleFactory } from './openai-compatible.factory.js';

const GOOD: ProviderSettings = {
  name: 'example',
  baseUrl: 'https://api.example.com/v1',
  apiKey: 'sk-upstream-secret',
  allowPrivateNetwork: false,
  attemptTimeoutMs: 10_000,
  quirks: {},
};

describe(OpenAiCompatibleFactory.name, () => {
  const factory = new OpenAiCompatibleFactory(
    new DialGuard(
      { dial: () => Promise.reject(new Error('dialled')) },
      { resolvePublic: async () => ['10.0.0.7'], resolveTrusted: async () => [] },
    ),
  );
  const problems = (changes: Partial<ProviderSettings>) => factory.check({ ...GOOD, ...changes });

  it('finds nothing wrong with good settings', () => {
    expect(problems({})).toEqual([]);
    expect(
      problems({ baseUrl: 'https://x.openai.azure.com/openai/v1/?api-version=preview' }),
    ).toEqual([]);
    expect(
      problems({
        quirks: {
          dropParams: ['user', 'model'],
          renameParams: { aspect_ratio: 'size' },
          extraParams: { watermark: false },
          passParams: ['seed', 'negative_prompt'],
          sizeMode: 'ratio+resolution',
          nMode: 'fanout',
          editMode: 'json',
          imageField: 'image[]',
          supportsUrl: false,
          supportsB64: true,
          supportsStream: false,
          pathTemplate: '/images/{model}?api-version=1',
          authHeader: 'api-key',
          statusMap: { 418: 429 },
          idempotencyKey: false,
        },
      }),
    ).toEqual([]);
  });

  it.each<[string, Partial<ProviderSettings>]>([
    ['baseUrl is missing', { baseUrl: null }],
    ['baseUrl must be an absolute URL', { baseUrl: 'api.example.com' }],
    ['must be https', { baseUrl: 'ftp://api.example.com' }],
    ['must be https', { baseUrl: 'http://api.example.com/v1' }],
    ['user name or password', { baseUrl: 'https://me:secret@api.example.com/v1' }],
    ['public address', { baseUrl: 'https://127.0.0.1/v1' }],
    ['public address', { baseUrl: 'https://0x7f.1/v1' }],
    ['public address', { baseUrl: 'https://[::1]/v1' }],
    ['public address', { baseUrl: 'https://[::ffff:10.0.0.1]/v1' }],
    ['public address', { baseUrl: 'https://metadata.internal/v1' }],
    ['public address', { baseUrl: 'https://localhost/v1' }],
    ['API key is missing', { apiKey: null }],
    ['no header can carry', { apiKey: 'sk-1\r\nx: y' }],
    ['quirks.dropparams is unknown', { quirks: { dropparams: [] } }],
    ['quirks.constructor is unknown', { quirks: { constructor: 1 } }],
    ['quirks.dropParams must be', { quirks: { dropParams: 'user' } }],
    ['quirks.dropParams must be', { quirks: { dropParams: ['prompt'] } }],
    ['quirks.renameParams must be', { quirks: { renameParams: { a: 1 } } }],
    ['quirks.extraParams must be', { quirks: { extraParams: { prompt: 'x' } } }],
    ...['n', 'prompt', 'stream', 'response_format', 'image', '__proto__', 'a b', '', 5].map(
      (name): [string, Partial<ProviderSettings>] => [
        'quirks.passParams must be',
        { quirks: { passParams: [name] } },
      ],
    ),
    ['quirks.sizeMode must be', { quirks: { sizeMode: 'big' } }],
    ['quirks.nMode must be', { quirks: { nMode: true } }],
    ['quirks.pathTemplate must be', { quirks: { pathTemplate: 'images' } }],
    ['quirks.authHeader must be', { quirks: { authHeader: 'host' } }],
    ['quirks.statusMap must be', { quirks: { statusMap: { 200: 500 } } }],
    ['must not both be false', { quirks: { supportsUrl: false, supportsB64: false } }],
    ['must not be true with nMode', { quirks: { nMode: 'fanout', idempotencyKey: true } }],
  ])('names the problem: %s', (problem, changes) => {
    const found = problems(changes);
    expect(found).toEqual([expect.stringContaining(problem)]);
    expect(found.join()).not.toContain('secret');
  });

  it('lets a server on a private network do without key and TLS', () => {
    const local = { allowPrivateNetwork: true, apiKey: null, baseUrl: 'http://10.0.0.7:8080' };
    expect(problems(local)).toEqual([]);
  });

  it('does not follow a public name into a private network', async () => {
    const provider = factory.create(GOOD);
    const request = {
      generationId: '0199c0de-0000-7000-8000-000000000001',
      model: 'm',
      upstreamModel: 'm',
      operation: 'generate',
      prompt: 'p',
      count: 1,
      size: 'auto',
      parameters: {},
    } as const;
    const failure = await failureOf(provider.start(request, new AbortController().signal));
    expect([failure.failure, failure.facts.sent]).toEqual(['unavailable', false]);
    expect(failure.message).toContain('not_public');
    await provider.close();
  });
});
