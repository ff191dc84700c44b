import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import {
  describeProviderContract,
  drainAll,
  failureOf,
  asImages,
} from '../../../test/support/provider-contract.js';
import { until } from '../../../test/support/until.js';
import {
  type BehaviourName,
  type BehaviourOptions,
  startUpstreamStub,
  type UpstreamStub,
} from '../../../test/support/upstream-stub/upstream-stub.mjs';
import type { ProviderFailure, ProviderRequest, ProviderSettings } from '../image-provider.js';
import { OpenAiCompatibleProvider } from './openai-compatible.provider.js';

const REQUEST: ProviderRequest = {
  generationId: '0199c0de-0000-7000-8000-000000000001',
  model: 'gpt-image-2',
  upstreamModel: 'gpt-image-2',
  operation: 'generate',
  prompt: 'a lighthouse nobody may read about',
  count: 1,
  size: { width: 512, height: 256 },
  parameters: {},
};
const KEY = 'sk-upstream-secret-0123456789';
const LARGE = { detail: 'noise', size: { width: 2400, height: 2400 } } as const;

function settings(baseUrl: string, changes: Partial<ProviderSettings> = {}): ProviderSettings {
  return {
    name: 'stub',
    baseUrl,
    apiKey: KEY,
    allowPrivateNetwork: true,
    attemptTimeoutMs: 60_000,
    quirks: {},
    ...changes,
  };
}

describe(OpenAiCompatibleProvider.name, () => {
  let stub: UpstreamStub;
  const providers: OpenAiCompatibleProvider[] = [];
  const provider = (changes: Partial<ProviderSettings> = {}) => {
    const made = new OpenAiCompatibleProvider(settings(stub.baseUrl, changes), buildConnector({}));
    providers.push(made);
    return made;
  };
  const run = async (changes: Partial<ProviderRequest> = {}, subject = provider()) => {
    const result = await subject.start({ ...REQUEST, ...changes }, new AbortController().signal);
    const { images, usage } = asImages(result);
    return { drained: await drainAll(images), usage: await usage };
  };

  beforeAll(async () => void (stub = await startUpstreamStub()));
  beforeEach(() => void stub.reset());
  afterEach(() => Promise.all(providers.splice(0).map((each) => each.close())));
  afterAll(() => stub.close());

  describeProviderContract('openai-compatible', async () => {
    const own = await startUpstreamStub();
    const subject = new OpenAiCompatibleProvider(settings(own.baseUrl), buildConnector({}));
    return {
      provider: subject,
      request: REQUEST,
      willGive: (images) => void own.next('ok', { images }),
      willFail: () => void own.next('status-500'),
      willHang: () => void own.next('hang'),
      willBreak: () => void own.next('reset-mid-body', LARGE),
      willGiveLarge: () => void own.next('ok', LARGE),
      inFlight: () => own.inFlight,
      dispose: async () => {
        await subject.close();
        await own.close();
      },
    };
  });

  it('gives the very bytes the upstream sent, and its usage', async () => {
    const subject = provider();
    const { images, usage } = asImages(
      await subject.start({ ...REQUEST, count: 3 }, new AbortController().signal),
    );
    const hashes: string[] = [];
    for await (const { source } of images) {
      if (!('stream' in source)) continue;
      const hash = createHash('sha256');
      for await (const chunk of source.stream) hash.update(chunk as Buffer);
      hashes.push(hash.digest('hex'));
    }
    expect(hashes).toEqual(stub.calls[0]?.images.map(({ sha256 }) => sha256));
    expect(await usage).toEqual({
      inputTokens: 50,
      outputTokens: 200,
      totalTokens: 250,
      inputTextTokens: 40,
      inputImageTokens: 10,
    });
  });

  it.each<[BehaviourName, BehaviourOptions, ProviderFailure, boolean]>([
    ['status-400', {}, 'invalid', true],
    ['status-401', {}, 'auth', true],
    ['status-402', {}, 'quota', true],
    ['status-403', {}, 'auth', true],
    ['status-404', {}, 'invalid', true],
    ['status-429', {}, 'rate_limited', true],
    ['status-500', {}, 'unavailable', true],
    ['status-503', {}, 'unavailable', true],
    ['insufficient-quota', {}, 'quota', true],
    ['billing-limit', {}, 'quota', true],
    ['refused', {}, 'refused', true],
    ['error-in-200', {}, 'rate_limited', true],
    ['html', {}, 'malformed', true],
    ['bad-json', {}, 'malformed', true],
    ['wrong-schema', {}, 'malformed', true],
    ['junk-base64', {}, 'malformed', true],
    ['raw', { body: '' }, 'malformed', true],
    ['raw', { status: 204 }, 'malformed', true],
    ['raw', { body: '{"data":[{"status":"submitted","task_id":"t"}]}' }, 'malformed', true],
    ['raw', { body: '{"data":[],"respect_moderation":false}' }, 'refused', true],
    ['raw', { body: '{"error":{"code":503},"data":null}' }, 'unavailable', true],
    ['raw', { body: '{"error":"insufficient_quota"}' }, 'quota', true],
    ['reset-before-headers', {}, 'interrupted', true],
    ['reset-mid-body', {}, 'interrupted', true],
    ['cut-mid-body', {}, 'interrupted', true],
    ['cut-mid-chunked', {}, 'interrupted', true],
    ['huge-headers', {}, 'malformed', true],
    ['endless-rest', {}, 'malformed', true],
    ['endless-body', {}, 'malformed', true],
    ['redirect', {}, 'malformed', true],
    ['gzip', {}, 'malformed', true],
  ])('takes %s %j for %s', async (behaviour, options, failure, sent) => {
    stub.always(behaviour, options);
    const error = await failureOf(run());
    expect([error.failure, error.facts.sent]).toEqual([failure, sent]);
    expect(error.message).not.toMatch(/lighthouse|sk-/);
    expect(error.message.length).toBeLessThanOrEqual(200);
    expect(stub.calls).toHaveLength(1);
  });

  it('takes an upstream that hangs, hangs in its answer or drips for timeout', async () => {
    const subject = provider({ attemptTimeoutMs: 2_000 });
    const slow: BehaviourName[] = ['hang', 'hang-mid-body', 'drip'];
    for (const behaviour of slow) stub.next(behaviour);
    const errors = await Promise.all(slow.map(() => failureOf(run({}, subject))));
    for (const { failure, facts, message } of errors) {
      expect([failure, facts.sent]).toEqual(['timeout', true]);
      expect(message).not.toMatch(/lighthouse|sk-/);
    }
    expect(stub.calls).toHaveLength(slow.length);
  });

  it.each<[BehaviourName, BehaviourOptions, number]>([
    ['ok', {}, 2],
    ['ok', { images: 1 }, 1],
    ['extra-images', {}, 2],
    ['same-image', {}, 2],
    ['data-uri', {}, 2],
    ['b64-and-url', {}, 2],
    ['null-data', {}, 1],
    ['empty-data', {}, 0],
    ['truncated-png', {}, 2],
    ['trailing-bytes', {}, 2],
    ['not-an-image', {}, 1],
  ])('takes %s %j as it comes', async (behaviour, options, images) => {
    stub.next(behaviour, options);
    expect((await run({ count: 2 })).drained).toHaveLength(images);
  });

  it('gives links without fetching them, relative ones completed', async () => {
    const body = JSON.stringify({
      data: [
        { url: 'https://images.example/a.png' },
        { url: '/v1/images/7/content', b64_json: '' },
      ],
    });
    stub.next('raw', { body });
    const { images } = asImages(
      await provider().start({ ...REQUEST, count: 2 }, new AbortController().signal),
    );
    const links: string[] = [];
    for await (const { source } of images) if ('url' in source) links.push(source.url);
    expect(links).toEqual(['https://images.example/a.png', `${stub.origin}/v1/images/7/content`]);
    expect(stub.calls).toHaveLength(1);
  });

  it('says that nothing was sent when nobody listens', async () => {
    const port = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port: free } = server.address() as { port: number };
        server.close(() => resolve(free));
      });
    });
    const error = await failureOf(run({}, provider({ baseUrl: `http://127.0.0.1:${port}/v1` })));
    expect([error.failure, error.facts.sent]).toEqual(['unavailable', false]);
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('says that nothing was sent when TLS is not spoken', async () => {
    const baseUrl = stub.baseUrl.replace('http:', 'https:');
    const error = await failureOf(run({}, provider({ baseUrl })));
    expect([error.failure, error.facts.sent]).toEqual(['unavailable', false]);
    expect(stub.calls).toHaveLength(0);
  });

  it('reads how long an upstream asks us to wait', async () => {
    stub.next('status-429', { retryAfter: 7 });
    expect((await failureOf(run())).facts.retryAfterSeconds).toBe(7);
  });

  it('tells the operator status and code, and masks keys', async () => {
    stub.next('status', { status: 418, error: { code: 'sk-abcdef1234567890', type: 'teapot' } });
    const error = await failureOf(run());
    expect(error.message).toBe('The upstream answered 418 (…).');
    expect(error.facts.httpStatus).toBe(418);
  });

  it('sends a key and the request, and nothing else', async () => {
    await run();
    const [call] = stub.calls;
    expect(Object.keys(call?.headers ?? {}).sort()).toEqual([
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'user-agent',
    ]);
    expect(call?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(call?.headers['accept-encoding']).toBe('identity');
    expect(call?.path).toBe('/v1/images/generations');
    expect(call?.body).toEqual({
      model: 'gpt-image-2',
      prompt: REQUEST.prompt,
      n: 1,
      size: '512x256',
    });
  });

  it('asks an Azure deployment with its header, path and query', async () => {
    const subject = provider({
      baseUrl: `${stub.origin}/openai/?api-version=preview`,
      quirks: { authHeader: 'api-key', pathTemplate: '/deployments/{model}/images/generations' },
    });
    await run({ upstreamModel: 'my image' }, subject);
    const [call] = stub.calls;
    expect(call?.path).toBe('/openai/deployments/my%20image/images/generations');
    expect(call?.query).toEqual({ 'api-version': 'preview' });
    expect(call?.headers['api-key']).toBe(KEY);
    expect(call?.headers).not.toHaveProperty('authorization');
  });

  it('takes the status an upstream is known to mean', async () => {
    stub.next('status', { status: 400 });
    const error = await failureOf(run({}, provider({ quirks: { statusMap: { 400: 429 } } })));
    expect(error.failure).toBe('rate_limited');
  });

  it('uses its connections again, after failures too', async () => {
    await until(() => stub.connections === 0);
    const subject = provider();
    for (let turn = 0; turn < 10; turn += 1) {
      await run({}, subject);
      stub.next('status-500');
      await failureOf(run({}, subject));
    }
    // Two, because a socket is looked at once more before it is used again.
    expect(stub.connections).toBeLessThanOrEqual(2);
  });

  it('keeps the images that were complete when the answer was cut', async () => {
    stub.next('cut-mid-body', { images: 3 });
    const { images } = asImages(
      await provider().start({ ...REQUEST, count: 3 }, new AbortController().signal),
    );
    const seen: number[] = [];
    const reading = (async () => {
      for await (const image of images) {
        if (!('stream' in image.source)) continue;
        const chunks: Buffer[] = [];
        for await (const chunk of image.source.stream) chunks.push(chunk as Buffer);
        seen.push(Buffer.concat(chunks).length);
      }
    })();
    expect((await failureOf(reading)).failure).toBe('interrupted');
    expect(seen).toEqual([stub.calls[0]?.images[0]?.bytes]);
  });

  it('refuses more images than one call can give, before it sends anything', async () => {
    const error = await failureOf(run({ count: 2 }, provider({ quirks: { nMode: 'fanout' } })));
    expect([error.failure, error.facts.sent]).toEqual(['invalid', false]);
    expect(stub.calls).toHaveLength(0);
  });

  it('aborts a call that still waits for a connection', async () => {
    const sockets: Socket[] = [];
    const busy = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => void busy.listen(0, '127.0.0.1', resolve));
    const { port } = busy.address() as { port: number };
    const subject = provider({ baseUrl: `https://127.0.0.1:${port}/v1` });
    const error = await failureOf(
      subject.start(REQUEST, AbortSignal.timeout(100)).then(() => undefined),
    );
    expect([error.failure, error.facts.sent]).toEqual(['timeout', false]);
    sockets.forEach((socket) => socket.destroy());
    busy.close();
  });
});
