import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buildConnector } from 'undici';
import { asImages, drainAll, failureOf } from '../../../test/support/provider-contract.js';
import { until } from '../../../test/support/until.js';
import { makeImage } from '../../../test/support/images.js';
import {
  startUpstreamStub,
  type UpstreamStub,
} from '../../../test/support/upstream-stub/upstream-stub.mjs';
import { DomainError } from '../../common/domain-error.js';
import type { ProviderInput, ProviderRequest } from '../image-provider.js';
import { OpenAiCompatibleProvider } from './openai-compatible.provider.js';

const PROMPT = 'paint it "blue"\r\n--boundary and 蓝色';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** An input from memory that tells how many of its streams are open. */
class Held implements ProviderInput {
  open_ = 0;
  opened = 0;
  readonly width = 8;
  readonly height = 8;

  constructor(
    readonly file: Buffer,
    readonly fileName: string,
    readonly mediaType = 'image/png',
    private readonly failAfter = Infinity,
  ) {}

  get bytes(): number {
    return this.file.length;
  }

  async open(): Promise<Readable> {
    if (this.failAfter < 0) throw new DomainError('storage_unavailable', 'gone');
    this.opened += 1;
    this.open_ += 1;
    const { file, failAfter } = this;
    async function* bytes() {
      for (let at = 0; at < file.length; at += 10_000) {
        if (at >= failAfter) throw new Error('EIO');
        yield file.subarray(at, at + 10_000);
      }
    }
    return Readable.from(bytes(), { objectMode: false }).once('close', () => (this.open_ -= 1));
  }
}

describe('edits of an openai-compatible upstream', () => {
  let stub: UpstreamStub;
  let small: Buffer;
  let large: Buffer;
  const providers: OpenAiCompatibleProvider[] = [];
  const provider = (quirks: Record<string, unknown> = {}, baseUrl = stub.baseUrl) => {
    const settings = {
      name: 'stub',
      baseUrl,
      apiKey: 'sk-upstream-secret',
      allowPrivateNetwork: true,
      attemptTimeoutMs: 60_000,
      quirks,
    };
    const made = new OpenAiCompatibleProvider(settings, buildConnector({}));
    providers.push(made);
    return made;
  };
  const request = (changes: Partial<ProviderRequest> = {}): ProviderRequest => ({
    generationId: '0199c0de-0000-7000-8000-000000000001',
    model: 'gpt-image-2',
    upstreamModel: 'gpt-image-2',
    operation: 'edit',
    inputs: [new Held(large, 'image-1.png')],
    prompt: PROMPT,
    count: 1,
    size: { width: 512, height: 256 },
    parameters: { quality: 'high' },
    ...changes,
  });
  const start = (subject: OpenAiCompatibleProvider, changes: Partial<ProviderRequest> = {}) =>
    subject.start(request(changes), new AbortController().signal);
  const run = async (quirks: Record<string, unknown>, changes: Partial<ProviderRequest> = {}) => {
    const { images } = asImages(await start(provider(quirks), changes));
    return { drained: await drainAll(images), call: stub.calls[0] };
  };

  beforeAll(async () => {
    stub = await startUpstreamStub();
    small = await makeImage('png');
    large = await makeImage('png', { width: 700, height: 700, noise: true });
  });
  beforeEach(() => void stub.reset());
  afterEach(() => Promise.all(providers.splice(0).map((each) => each.close())));
  afterAll(() => stub.close());

  it('sends a form whose files have the very bytes of the inputs', async () => {
    const inputs = [new Held(large, 'image-1.png'), new Held(small, 'image-2.webp', 'image/webp')];
    const mask = new Held(small, 'mask.png');
    const { drained, call } = await run({}, { inputs, mask, count: 2 });

    expect(drained).toHaveLength(2);
    expect(call).toMatchObject({
      path: '/v1/images/edits',
      headers: { authorization: 'Bearer sk-upstream-secret' },
      body: {
        model: 'gpt-image-2',
        prompt: PROMPT,
        n: '2',
        size: '512x256',
        quality: 'high',
      },
      parts: [
        { name: 'image[]', fileName: 'image-1.png', mediaType: 'image/png', sha256: sha256(large) },
        { name: 'image[]', fileName: 'image-2.webp', mediaType: 'image/webp' },
        { name: 'mask', fileName: 'mask.png', sha256: sha256(small) },
      ],
    });
    expect(Number(call.headers['content-length'])).toBe(call.bodyBytes);
    expect([...inputs, mask].map((input) => input.open_)).toEqual([0, 0, 0]);
  });

  it.each([
    [{}, 1, ['image']],
    [{}, 2, ['image[]', 'image[]']],
    [{ imageField: 'image' }, 2, ['image', 'image']],
    [{ imageField: 'image[]' }, 1, ['image[]']],
    [{ imageField: 'images' }, 2, ['images', 'images']],
  ])('with %j names %d images %j', async (quirks, count, names) => {
    const inputs = Array.from({ length: count }, () => new Held(small, 'image.png'));
    const { call } = await run(quirks, { inputs });
    expect(call.parts.map(({ name }) => name)).toEqual(names);
  });

  it.each([
    [{}, 'gpt-image-2', undefined],
    [{}, 'some-model', 'b64_json'],
    [{ supportsB64: false }, 'some-model', 'url'],
    [{ dropParams: ['response_format'] }, 'some-model', undefined],
  ])(
    'follows the rules of generations for response_format: %j, %s',
    async (quirks, model, format) => {
      stub.always(format === 'url' ? 'url' : 'ok');
      const { call } = await run(quirks, { model, upstreamModel: model });
      expect(call.body?.['response_format']).toBe(format);
    },
  );

  it('says in its own fields what an operator renames, drops or adds', async () => {
    const quirks = {
      renameParams: { quality: 'level"of' },
      extraParams: { options: { steps: 4 }, fast: true },
      dropParams: ['size'],
      nMode: 'fanout',
    };
    const { call } = await run(quirks, { parameters: { quality: 'low', inputFidelity: 'high' } });
    expect(call.body).toEqual({
      model: 'gpt-image-2',
      prompt: PROMPT,
      'level%22of': 'low',
      input_fidelity: 'high',
      options: '{"steps":4}',
      fast: true,
    });
  });

  it.each([
    [1, undefined, 'image'],
    [1, 'images', 'images'],
    [3, undefined, 'images'],
  ])(
    'sends JSON with data URLs where the upstream wants it: %d, %s',
    async (count, imageField, field) => {
      const inputs = Array.from({ length: count }, () => new Held(large, 'image.png'));
      const quirks = { editMode: 'json', ...(imageField && { imageField }) };
      const { drained, call } = await run(quirks, { inputs, mask: new Held(small, 'mask.png') });

      expect(drained).toHaveLength(1);
      expect(call.headers['content-type']).toBe('application/json');
      expect(Number(call.headers['content-length'])).toBe(call.bodyBytes);
      expect(Object.keys(call.body ?? {})).toEqual(
        expect.arrayContaining(['prompt', field, 'mask']),
      );
      expect(call.body?.['prompt']).toBe(PROMPT);
      expect(call.parts.map((part) => [part.name, part.sha256])).toEqual([
        ...inputs.map(() => ['image', sha256(large)]),
        ['mask', sha256(small)],
      ]);
    },
  );

  it.each([
    ['/images/generations', '/v1/images/edits'],
    ['/openai/{model}/images/generations?api-version=1', '/v1/openai/gpt-image-2/images/edits'],
    ['/images/generations/', '/v1/images/edits/'],
  ])('finds the path of edits beside %s', async (pathTemplate, path) => {
    stub.always('ok');
    await start(provider({ pathTemplate })).catch(() => undefined);
    expect(stub.calls[0].path).toBe(path);
  });

  it('offers no edits where the upstream has none, or nobody knows where', () => {
    const operations = (quirks: object) => provider({ ...quirks }).capabilities('m').operations;
    expect(operations({})).toEqual(['generate', 'edit']);
    expect(operations({ editMode: 'json' })).toEqual(['generate', 'edit']);
    expect(operations({ editMode: 'none' })).toEqual(['generate']);
    expect(operations({ pathTemplate: '/draw' })).toEqual(['generate']);
  });

  it('reads no input before its turn and never two at once', async () => {
    const inputs = Array.from({ length: 3 }, () => new Held(large, 'image.png'));
    let most = 0;
    for (const input of inputs) {
      const open = input.open.bind(input);
      input.open = async () => {
        const stream = await open();
        most = Math.max(
          most,
          inputs.reduce((sum, each) => sum + each.open_, 0),
        );
        return stream;
      };
    }
    await run({}, { inputs });
    expect(most).toBe(1);
  });

  it.each([
    ['cannot be opened', -1],
    ['breaks half-way', 20_000],
  ])('says that the store failed when an input %s', async (_name, failAfter) => {
    const inputs = [new Held(small, 'a.png'), new Held(large, 'b.png', 'image/png', failAfter)];
    const failure = await start(provider(), { inputs }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DomainError);
    expect(failure).toMatchObject({ code: 'storage_unavailable' });
    await until(() => inputs.every((input) => input.open_ === 0));
  });

  it('closes the input when the upstream goes away in the middle of it', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.resetAndDestroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const input = new Held(Buffer.alloc(40_000_000), 'image.png');
    const failure = await failureOf(
      start(provider({}, `http://127.0.0.1:${port}/v1`), { inputs: [input] }),
    );
    expect(failure.failure).toBe('interrupted');
    await until(() => input.open_ === 0);
    server.close();
  });

  it('hears an upstream that answers before it has read everything', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        const body = '{"error":{"code":"invalid_api_key","message":"no"}}';
        socket.write(
          `HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n` +
            `Content-Length: ${body.length}\r\n\r\n${body}`,
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const input = new Held(Buffer.alloc(40_000_000), 'image.png');
    const failure = await failureOf(
      start(provider({}, `http://127.0.0.1:${port}/v1`), { inputs: [input] }),
    );
    expect(failure).toMatchObject({ failure: 'auth', facts: { httpStatus: 401 } });
    await until(() => input.open_ === 0);
    server.close();
  });

  it('opens nothing for a call whose signal has been aborted', async () => {
    const input = new Held(small, 'image.png');
    const failure = await failureOf(
      provider().start(request({ inputs: [input] }), AbortSignal.abort()),
    );
    expect(failure.facts.sent).toBe(false);
    expect(input.opened).toBe(0);
  });
});
