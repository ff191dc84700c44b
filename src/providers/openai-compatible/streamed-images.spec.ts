import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { buildConnector } from 'undici';
import { asImages, failureOf } from '../../../test/support/provider-contract.js';
import { until } from '../../../test/support/until.js';
import { ProviderError, type ProviderImage } from '../image-provider.js';
import { OpenAiCompatibleProvider } from './openai-compatible.provider.js';
import { JsonAnswer } from './json-answer.js';
import { StreamedImages } from './streamed-images.js';
import type { ByteSource } from './upstream-exchange.js';

const MAIN = new URL('../../../test/support/upstream-stub/main.mjs', import.meta.url).pathname;

const MIB = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of buffers that are still referred to. */
function live(): number {
  collect();
  return process.memoryUsage().arrayBuffers;
}

/** A body from memory that counts how often it was asked. */
class FakeBody implements ByteSource {
  reads = 0;
  destroyed = false;
  private reading = false;
  private readonly chunks: Buffer[];

  constructor(text: string, chunkBytes = 64) {
    const bytes = Buffer.from(text);
    this.chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, at) =>
      Buffer.from(bytes.subarray(at * chunkBytes, (at + 1) * chunkBytes)),
    );
  }

  async read(): Promise<Buffer | null> {
    if (this.reading) throw new Error('read twice at once');
    this.reading = true;
    this.reads += 1;
    await pause(1);
    this.reading = false;
    return this.chunks.shift() ?? null;
  }

  destroy(): void {
    this.destroyed = true;
  }
}

function images(body: ByteSource, changes: { count?: number; maxImageBytes?: number } = {}) {
  const facts = { status: 200, base: 'https://upstream.example', maxRestBytes: 10_000 };
  return new StreamedImages(body, new JsonAnswer(facts), {
    count: 4,
    status: 200,
    maxImageBytes: 10_000,
    ...changes,
  });
}

function answerOf(...pictures: string[]): string {
  const data = pictures.map((each) => ({ b64_json: Buffer.from(each).toString('base64') }));
  return JSON.stringify({ data });
}

async function textOf({ source }: ProviderImage): Promise<string> {
  if ('url' in source) return source.url;
  if ('base64' in source) throw new Error('Expected no preview');
  let text = '';
  for await (const chunk of source.stream) text += (chunk as Buffer).toString();
  return text;
}

describe(StreamedImages.name, () => {
  it('reads nothing before it is asked, and no more than it needs', async () => {
    const body = new FakeBody(answerOf('x'.repeat(100_000)), 1_000);
    const iterator = images(body, { maxImageBytes: 1e6 });
    await pause(5);
    expect(body.reads).toBe(0);
    await iterator.next();
    await pause(5);
    expect(body.reads).toBeLessThanOrEqual(2);
  });

  it('gives the next image whole, however much of the one before was read', async () => {
    const pictures = ['a'.repeat(1_000), 'b'.repeat(1_000), 'c'.repeat(1_000)];
    const seen: string[] = [];
    for await (const image of images(new FakeBody(answerOf(...pictures)))) {
      if (image.ordinal === 1 && 'stream' in image.source) {
        await once(image.source.stream, 'readable');
        image.source.stream.read();
        image.source.stream.read();
      }
      if (image.ordinal === 2) seen.push(await textOf(image));
    }
    expect(seen).toEqual([pictures[2]]);
  });

  it('goes on after a consumer has thrown an image away', async () => {
    const iterator = images(new FakeBody(answerOf('a'.repeat(1_000), 'b')));
    const first = (await iterator.next()).value as ProviderImage;
    if ('stream' in first.source) first.source.stream.destroy(new Error('not a picture'));
    expect(await textOf((await iterator.next()).value as ProviderImage)).toBe('b');
    expect((await iterator.next()).done).toBe(true);
  });

  it('leaves out what was not asked for, links too', async () => {
    const seen: string[] = [];
    const data = [{ url: 'https://a.example' }, { b64_json: 'QUJD' }, { b64_json: 'QUJE' }];
    for await (const image of images(new FakeBody(JSON.stringify({ data })), { count: 1 })) {
      seen.push(await textOf(image));
    }
    expect(seen).toEqual(['ABC']);
  });

  it('stops an image that is too large', async () => {
    const body = new FakeBody(answerOf('x'.repeat(20_000)));
    const iterator = images(body);
    const { value } = await iterator.next();
    const failure = await failureOf(textOf(value as ProviderImage));
    expect(failure.failure).toBe('malformed');
    expect(await failureOf(iterator.next())).toBe(failure);
    expect(body.destroyed).toBe(true);
    expect(await iterator.usage).toBeNull();
  });

  it('brings nothing down when an image breaks that nobody listens to', async () => {
    const body = new FakeBody(`{"data":[{"b64_json":"${'QUJD'.repeat(100)}!!!"}]}`, 100);
    const { value } = await images(body).next();
    const { stream } = (value as ProviderImage).source as { stream: Readable };
    stream.on('readable', () => void stream.read());
    await until(() => stream.errored !== null);
    await pause(5);
    expect(stream.errored).toBeInstanceOf(ProviderError);
  });

  it('frees the body when it is left before it was begun', async () => {
    const body = new FakeBody(answerOf('x'));
    const iterator = images(body);
    expect(await iterator.return()).toEqual({ done: true, value: undefined });
    expect(body.destroyed).toBe(true);
    expect(await iterator.usage).toBeNull();
    expect((await iterator.next()).done).toBe(true);
  });

  it('takes its turns one after the other', async () => {
    const iterator = images(new FakeBody(answerOf('a', 'b')));
    const results = await Promise.all([iterator.next(), iterator.next(), iterator.next()]);
    expect(results.map(({ done }) => done)).toEqual([false, false, true]);
  });
});

describe('a large answer and a slow reader', () => {
  let upstream: ChildProcess;
  let baseUrl: string;

  beforeAll(async () => {
    upstream = spawn(process.execPath, [MAIN], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(upstream.stdout!, 'data')) as [Buffer];
    ({ baseUrl } = JSON.parse(line.toString()) as { baseUrl: string });
    const options = { detail: 'noise', size: { width: 3600, height: 3600 } };
    await fetch(baseUrl.replace('/v1', '/__stub/always'), {
      method: 'POST',
      body: JSON.stringify({ behaviour: 'ok', options }),
    });
  });
  afterAll(() => void upstream.kill());

  it('takes the memory of a few buffers, not of the picture', async () => {
    const settings = {
      name: 'stub',
      baseUrl,
      apiKey: null,
      allowPrivateNetwork: true,
      attemptTimeoutMs: 100_000,
      quirks: {},
    };
    const provider = new OpenAiCompatibleProvider(settings, buildConnector({}));
    const request = {
      generationId: '0199c0de-0000-7000-8000-000000000001',
      model: 'gpt-image-2',
      upstreamModel: 'gpt-image-2',
      operation: 'generate',
      prompt: 'x',
      count: 1,
      size: 'auto',
      parameters: {},
    } as const;
    const result = asImages(await provider.start(request, new AbortController().signal));
    const before = live();
    let [bytes, pieces, growth] = [0, 0, 0];
    for await (const { source } of result.images) {
      if (!('stream' in source)) continue;
      for await (const piece of source.stream) {
        bytes += (piece as Buffer).length;
        pieces += 1;
        if (pieces % 100 !== 0) continue;
        // Long enough for the upstream to fill whatever would take its bytes.
        await pause(50);
        growth = Math.max(growth, live() - before);
      }
    }
    await provider.close();
    expect(bytes).toBeGreaterThan(36 * MIB);
    expect(growth).toBeLessThan(12 * MIB);
  });
});
