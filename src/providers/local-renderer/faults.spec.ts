import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { ProviderError, type ProviderImage, type ProviderRequest } from '../image-provider.js';
import { FAULTS, localRenderer } from './index.js';

const SETTINGS = {
  name: 'local',
  baseUrl: null,
  apiKey: null,
  allowPrivateNetwork: false,
  attemptTimeoutMs: 60_000,
  quirks: {},
};
const provider = localRenderer.create(SETTINGS);

function faulty(fault: string | undefined, count = 1): ProviderRequest {
  return {
    generationId: '0190b3a0-0000-7000-8000-000000000000',
    model: 'easel-sketch',
    upstreamModel: 'easel-sketch',
    operation: 'generate',
    prompt: 'A quiet harbour at dusk',
    count,
    size: { width: 256, height: 256 },
    parameters: {},
    fault,
  };
}

async function start(
  request: ProviderRequest,
  signal: AbortSignal = new AbortController().signal,
): Promise<AsyncIterable<ProviderImage>> {
  const result = await provider.start(request, signal);
  if (result.kind !== 'images') throw new Error('Expected images');
  return result.images;
}

function streamOf({ source }: ProviderImage): NodeJS.ReadableStream {
  if (!('stream' in source)) throw new Error('Expected a stream');
  return source.stream;
}

async function collect(request: ProviderRequest): Promise<Buffer[]> {
  const files: Buffer[] = [];
  for await (const image of await start(request)) files.push(await buffer(streamOf(image)));
  return files;
}

async function failure(request: ProviderRequest, signal?: AbortSignal): Promise<ProviderError> {
  const error: unknown = await start(request, signal).catch((caught: unknown) => caught);
  if (!(error instanceof ProviderError)) throw new Error('Expected a ProviderError');
  return error;
}

describe('local renderer: rehearsed faults', () => {
  it.each([
    ['refused', 'refused', { sent: true, httpStatus: 400 }],
    ['invalid', 'invalid', { sent: true, httpStatus: 400 }],
    ['auth', 'auth', { sent: true, httpStatus: 401 }],
    ['quota', 'quota', { sent: true, httpStatus: 429 }],
    ['rate_limited', 'rate_limited', { sent: true, httpStatus: 429, retryAfterSeconds: 2 }],
    ['unavailable', 'unavailable', { sent: false }],
  ])('%s fails before any picture', async (fault, expected, facts) => {
    const error = await failure(faulty(fault));

    expect(error.failure).toBe(expected);
    expect(error.facts).toEqual(facts);
  });

  it('timeout hangs until the attempt is ended', async () => {
    const error = await failure(faulty('timeout'), AbortSignal.timeout(300));

    expect(error).toMatchObject({ failure: 'timeout', facts: { sent: true } });
  });

  it('slow takes a few seconds and then answers well; it ends early when the attempt does', async () => {
    const started = performance.now();
    let isOver = false;
    const patient = collect(faulty('slow')).finally(() => (isOver = true));
    await failure(faulty('slow'), AbortSignal.timeout(50));
    expect(isOver).toBe(false);
    const [file] = await patient;

    expect(performance.now() - started).toBeGreaterThan(2_900);
    expect((await sharp(file).metadata()).width).toBe(256);
  });

  it('interrupted breaks the stream after some bytes', async () => {
    let received = 0;
    const drain = async (): Promise<void> => {
      for await (const image of await start(faulty('interrupted'))) {
        for await (const chunk of streamOf(image)) received += chunk.length;
      }
    };

    await expect(drain()).rejects.toMatchObject({ name: 'ProviderError', failure: 'interrupted' });
    expect(received).toBeGreaterThan(0);
  });

  it('malformed answers bytes that are no image', async () => {
    const [file] = await collect(faulty('malformed'));

    await expect(sharp(file).metadata()).rejects.toThrow();
  });

  it('truncated answers the first half of an image', async () => {
    const [half] = await collect(faulty('truncated'));
    const [whole] = await collect(faulty(undefined));

    expect(half).toEqual(whole.subarray(0, whole.length >> 1));
    await expect(sharp(half, { failOn: 'truncated' }).stats()).rejects.toThrow();
  });

  it.each([
    ['partial', 3, 2],
    ['partial', 1, 0],
    ['none', 3, 0],
  ])('%s of %i images delivers %i', async (fault, asked, delivered) => {
    expect(await collect(faulty(fault, asked))).toHaveLength(delivered);
  });

  it.each(['unknown', '', 'constructor', 'REFUSED'])('no fault is named %j', async (fault) => {
    expect(await collect(faulty(fault))).toHaveLength(1);
  });

  it('every fault is described', () => {
    for (const description of Object.values(FAULTS)) expect(description).toMatch(/^[A-Z].+\.$/);
    expect(Object.keys(FAULTS)).toHaveLength(13);
  });
});
