import { createHash } from 'node:crypto';
import { buffer, text } from 'node:stream/consumers';
import { buildConnector } from 'undici';
import {
  asImages,
  describeProviderContract,
  failureOf,
} from '../../../test/support/provider-contract.js';
import { until } from '../../../test/support/until.js';
import {
  type BehaviourName,
  type BehaviourOptions,
  startUpstreamStub,
  type UpstreamStub,
} from '../../../test/support/upstream-stub/upstream-stub.mjs';
import type {
  ProviderFailure,
  ProviderImage,
  ProviderRequest,
  ProviderSettings,
} from '../image-provider.js';
import { OpenAiCompatibleProvider } from './openai-compatible.provider.js';

const REQUEST: ProviderRequest = {
  generationId: '0199c0de-0000-7000-8000-000000000001',
  model: 'gpt-image-2',
  upstreamModel: 'gpt-image-2',
  operation: 'generate',
  prompt: 'a lighthouse nobody may read about',
  count: 1,
  size: { width: 512, height: 256 },
  parameters: { stream: true, partialImages: 2 },
};
const LIMIT_MS = 60_000;
/** For an upstream that hangs: time enough to send all that comes before. */
const HANG_LIMIT_MS = 3_000;
const LARGE = { detail: 'noise', size: { width: 2400, height: 2400 } } as const;

function providerOf(stub: UpstreamStub, changes: Partial<ProviderSettings> = {}) {
  const settings = {
    name: 'stub',
    baseUrl: stub.baseUrl,
    apiKey: null,
    allowPrivateNetwork: true,
    attemptTimeoutMs: LIMIT_MS,
    quirks: {},
    ...changes,
  };
  return new OpenAiCompatibleProvider(settings, buildConnector({}));
}

interface Seen {
  readonly ordinal: number;
  readonly partial: number | null;
  readonly sha256: string;
}

async function read(image: ProviderImage): Promise<Seen> {
  const { ordinal, source } = image;
  const hash = createHash('sha256');
  if ('stream' in source) hash.update(await buffer(source.stream));
  if ('base64' in source) hash.update(Buffer.from(await text(source.base64), 'base64'));
  const partial = image.partial ? image.partialIndex() : null;
  return { ordinal, partial, sha256: hash.digest('hex') };
}

// An upstream that streams keeps the whole contract of one that does not.
describeProviderContract('openai-compatible, streaming without previews', async () => {
  const own = await startUpstreamStub();
  const subject = providerOf(own);
  return {
    provider: subject,
    request: { ...REQUEST, parameters: { stream: true } },
    willGive: (images) => void own.next('stream', { images }),
    willFail: () => void own.next('stream-error'),
    willHang: () => void own.next('stream-hang'),
    willBreak: () => void own.next('stream-cut-mid-image', LARGE),
    willGiveLarge: () => void own.next('stream', LARGE),
    inFlight: () => own.inFlight,
    dispose: async () => {
      await subject.close();
      await own.close();
    },
  };
});

describe('an upstream that streams', () => {
  let stub: UpstreamStub;
  const providers: OpenAiCompatibleProvider[] = [];

  beforeAll(async () => void (stub = await startUpstreamStub()));
  beforeEach(() => void stub.reset());
  afterEach(() => Promise.all(providers.splice(0).map((each) => each.close())));
  afterAll(() => stub.close());

  const provider = (changes: Partial<ProviderSettings> = {}) => {
    const made = providerOf(stub, changes);
    providers.push(made);
    return made;
  };
  const open = async (changes: Partial<ProviderRequest> = {}, subject = provider()) =>
    asImages(await subject.start({ ...REQUEST, ...changes }, new AbortController().signal));
  const run = async (changes: Partial<ProviderRequest> = {}, subject = provider()) => {
    const { images, usage } = await open(changes, subject);
    const seen: Seen[] = [];
    for await (const image of images) seen.push(await read(image));
    return { seen, usage: await usage };
  };
  const finals = (seen: readonly Seen[]) => seen.filter(({ partial }) => partial === null);

  it('is asked for events and previews, and gives both in order', async () => {
    const { seen, usage } = await run();
    expect(stub.calls[0]).toMatchObject({
      body: { stream: true, partial_images: 2 },
      headers: { accept: 'text/event-stream, application/json' },
    });
    expect(seen.map(({ ordinal, partial }) => [ordinal, partial])).toEqual([
      [0, 0],
      [0, 1],
      [0, null],
    ]);
    expect(seen[2].sha256).toBe(stub.calls[0].images[0].sha256);
    expect(usage).toMatchObject({ totalTokens: 250, inputTextTokens: 40 });
  });

  it.each<[string, BehaviourOptions]>([
    ['comments and other events', { comments: true }],
    ['CRLF', { newline: '\r\n' }],
    ['CR', { newline: '\r' }],
    ['[DONE]', { done: true }],
    ['types in the data alone', { unnamed: true }],
    ['small pieces', { sliceBytes: 700, comments: true, newline: '\r\n' }],
    ['an odd spelling of its media type', { headers: { 'content-type': 'Text/Event-Stream' } }],
  ])('is read with %s', async (_, options) => {
    stub.always('stream', options);
    const { seen } = await run({ count: 2 });
    expect(seen.map(({ ordinal, partial }) => [ordinal, partial])).toEqual([
      [0, 0],
      [0, 1],
      [0, null],
      [1, 0],
      [1, 1],
      [1, null],
    ]);
    expect(finals(seen).map(({ sha256 }) => sha256)).toEqual(
      stub.calls[0].images.map(({ sha256 }) => sha256),
    );
  });

  it.each<[string, BehaviourName]>([
    ['answers JSON instead', 'json'],
    ['answers links instead', 'url'],
  ])('may be one that %s', async (_, behaviour) => {
    stub.always(behaviour);
    const { seen } = await run({ count: 2 });
    expect(seen.map(({ ordinal, partial }) => [ordinal, partial])).toEqual([
      [0, null],
      [1, null],
    ]);
  });

  it('is read as a stream also when it streams unasked', async () => {
    stub.always('stream', { partials: 0 });
    const { seen } = await run({ parameters: {} });
    expect(stub.calls[0].body).not.toHaveProperty('stream');
    expect(seen).toHaveLength(1);
  });

  it('is not asked when its quirk says so', async () => {
    const subject = provider({ quirks: { supportsStream: false } });
    expect(subject.capabilities('gpt-image-2').stream).toBe(false);
    const { seen } = await run({}, subject);
    expect(stub.calls[0].body).not.toHaveProperty('stream');
    expect(stub.calls[0].body).not.toHaveProperty('partial_images');
    expect(seen).toHaveLength(1);
  });

  it('gives no more images than were asked for, and its previews with them', async () => {
    stub.always('stream', { images: 3, partials: 1 });
    const { seen } = await run();
    expect(seen.map(({ ordinal, partial }) => [ordinal, partial])).toEqual([
      [0, 0],
      [0, null],
    ]);
  });

  it.each<[BehaviourName, BehaviourOptions, ProviderFailure, number]>([
    ['stream-cut-mid-preview', {}, 'interrupted', 0],
    ['stream-cut-between', {}, 'interrupted', 2],
    ['stream-cut-mid-image', {}, 'interrupted', 2],
    ['stream-ends-early', {}, 'interrupted', 2],
    ['stream-hang', {}, 'timeout', 2],
    ['stream-error', {}, 'unavailable', 2],
    ['stream-error', { error: { code: 'moderation_blocked' } }, 'refused', 2],
    ['stream-error-as-data', { error: { code: 'rate_limit_exceeded' } }, 'rate_limited', 2],
    ['status-429', {}, 'rate_limited', 0],
    ['refused', {}, 'refused', 0],
  ])('%s %j is %s after its whole previews', async (behaviour, options, failure, previews) => {
    stub.always(behaviour, options);
    const seen: Seen[] = [];
    const limit = failure === 'timeout' ? HANG_LIMIT_MS : LIMIT_MS;
    const work = open({}, provider({ attemptTimeoutMs: limit })).then(async ({ images }) => {
      for await (const image of images) seen.push(await read(image));
    });
    expect(await failureOf(work)).toMatchObject({ failure, facts: { sent: true } });
    expect(seen).toHaveLength(previews);
    await until(() => stub.inFlight === 0);
  });

  it('keeps the images before a cut', async () => {
    // The first image whole, then an error instead of the second.
    const image = 'QUJD'.repeat(100);
    const completed = { type: 'image_generation.completed', b64_json: image };
    const body =
      `event: image_generation.completed\ndata: ${JSON.stringify(completed)}\n\n` +
      `event: error\ndata: {"error":{"code":"server_error","type":"server_error"}}\n\n`;
    stub.always('raw', { body, headers: { 'content-type': 'text/event-stream' } });
    const { images } = await open({ count: 2 });
    const iterator = images[Symbol.asyncIterator]();
    const { value } = (await iterator.next()) as IteratorYieldResult<ProviderImage>;
    expect(await read(value)).toMatchObject({ ordinal: 0, partial: null });
    expect((await failureOf(iterator.next())).failure).toBe('unavailable');
  });

  it('is not waited for when it keeps the connection open after the last image', async () => {
    stub.always('stream-keeps-open');
    const begun = Date.now();
    const { seen, usage } = await run();
    expect(finals(seen)).toHaveLength(1);
    expect(usage).not.toBeNull();
    expect(Date.now() - begun).toBeLessThan(LIMIT_MS / 2);
    await until(() => stub.inFlight === 0);
  });

  it('keeps its connection when it ends with the last image', async () => {
    const subject = provider();
    for (let turn = 0; turn < 6; turn += 1) await run({}, subject);
    // Two, because a socket is looked at once more before it is used again.
    expect(stub.connections).toBeLessThanOrEqual(2);
  });

  it('may send a damaged preview: the image still comes', async () => {
    stub.always('stream-junk-preview');
    const { seen } = await run();
    expect(finals(seen).map(({ sha256 }) => sha256)).toEqual([stub.calls[0].images[0].sha256]);
  });

  it('hands a preview on while it is still being sent', async () => {
    const untilNextSlice = { sliceBytes: 50_000, dripMs: 3_600_000 };
    stub.always('stream', { partials: 1, partialBytes: 300_000, ...untilNextSlice });
    const { images } = await open();
    const iterator = images[Symbol.asyncIterator]();
    const { value } = (await iterator.next()) as IteratorYieldResult<ProviderImage>;
    const { base64 } = value.source as { base64: NodeJS.ReadableStream };
    const pieces = base64[Symbol.asyncIterator]();
    const { value: first } = (await pieces.next()) as IteratorYieldResult<Buffer>;
    expect(first.length).toBeGreaterThan(0);
    await iterator.return?.();
  });

  it('is left alone when the consumer goes in the middle of a preview', async () => {
    stub.always('stream', { partialBytes: 4_000_000 });
    const { images, usage } = await open();
    for await (const _image of images) break;
    expect(await usage).toBeNull();
    await until(() => stub.inFlight === 0);
  });
});
