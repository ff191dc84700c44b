import OpenAI from 'openai';
import { startApp, stubUpstream, type TestApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { AiRelayClient, ASKED, type Body, NATIVE } from './ai-relay-client.js';
import { readStream } from './event-reader.js';

interface Images {
  readonly data: readonly { readonly url?: string; readonly b64_json?: string }[];
  readonly error: {
    readonly code: string;
    readonly param: string | null;
    readonly message: string;
  };
}

const OURS = /^http:\/\/127\.0\.0\.1:\d+\/files\/[\w-]+\.png$/;

describe('native generations of /api/ai', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let client: AiRelayClient;
  let customer: { accountId: string; secret: string };

  beforeAll(async () => {
    stub = await startUpstreamStub();
    const upstreams = [
      stubUpstream(stub.baseUrl, {
        name: 'open-handed',
        exposeLinks: true,
        models: {
          'gpt-image-2': { quirks: { passParams: ['seed', 'negative_prompt'] } },
          'gpt-image-1.5': { quirks: { passParams: ['seed'], renameParams: { seed: 'rng' } } },
        },
      }),
      stubUpstream(stub.baseUrl, { name: 'discreet', models: ['dall-e-3', 'gpt-image-1-mini'] }),
    ];
    app = await startApp({ upstreams });
    client = await AiRelayClient.of(app);
  });

  beforeEach(async () => {
    customer = await client.given(100);
  });

  afterEach(() => void stub.reset());

  afterAll(async () => {
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await app.stop();
    await stub.close();
  });

  async function create(body: unknown, headers: Record<string, string> = {}) {
    const answer = await client.send<Images>('POST', NATIVE, NATIVE, {
      headers: {
        authorization: `Bearer ${customer.secret}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
    });
    if (answer.status === 200) {
      expect(client.seed.problemsOf('POST', NATIVE, 200, answer.body)).toEqual([]);
    }
    return answer;
  }

  it('answers OpenAI’s images in no envelope, and charges once', async () => {
    const { status, body, headers } = await create(ASKED);

    expect(status).toBe(200);
    expect(body).toEqual({
      created: expect.any(Number),
      data: [{ url: expect.stringMatching(OURS) }],
      output_format: 'png',
      size: '1024x1024',
      usage: expect.objectContaining({ total_tokens: 250 }),
    });
    expect(headers.get('openai-version')).toBe('2020-10-01');
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: 98, held: 0 });
  });

  it('serves OpenAI’s own SDK with nothing but base URL and key changed', async () => {
    const { secret: apiKey } = customer;
    const sdk = new OpenAI({ apiKey, baseURL: `${app.url}/api/ai`, maxRetries: 0 });

    const images = await sdk.images.generate({ ...ASKED, response_format: 'b64_json' } as never);

    const [{ b64_json: text }] = (images as unknown as Images).data;
    expect(
      Buffer.from(text ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    await expect(
      sdk.images.generate({ ...ASKED, model: 'nothing' } as never),
    ).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  describe('links', () => {
    it('are the upstream’s own where it gave one and its operator shows them', async () => {
      stub.always('url');

      const { body } = await create({ ...ASKED, n: 2 });

      const urls = body.data.map(({ url }) => url ?? '');
      expect(urls).toHaveLength(2);
      for (const url of urls) {
        expect(url.startsWith(`${stub.origin}/`)).toBe(true);
        expect((await fetch(url)).headers.get('content-type')).toBe('image/png');
      }
    });

    it('lead to an image that is stored here all the same: the envelope has ours', async () => {
      stub.always('url');
      const { headers } = await create(ASKED);
      const id = headers.get('x-generation-id') ?? '';

      const { images } = (await client.task(customer.secret, id)).body.data;

      expect(images[0].url).toMatch(OURS);
      stub.reset();
      expect((await fetch(images[0].url)).status).toBe(200);
    });

    it('are the same when the request is repeated', async () => {
      stub.always('url');
      const once = { 'idempotency-key': 'one' };

      const [first, second] = [await create(ASKED, once), await create(ASKED, once)];

      expect(second.headers.get('idempotent-replayed')).toBe('true');
      expect(second.body.data).toEqual(first.body.data);
      expect(stub.calls.filter(({ method }) => method === 'POST')).toHaveLength(1);
      expect(await app.balanceOf(customer.accountId)).toEqual({ available: 98, held: 0 });
    });

    it('are ours where the operator does not show them, or base64 is asked for', async () => {
      stub.always('url');

      const discreet = await create({ ...ASKED, model: 'dall-e-3' });
      const bytes = await create({ ...ASKED, response_format: 'b64_json' });

      expect(discreet.body.data[0].url).toMatch(OURS);
      expect(Object.keys(bytes.body.data[0])).toEqual(['b64_json']);
    });
  });

  describe('further parameters', () => {
    const extra = { seed: 7, negative_prompt: 'fog', cfg: 3 };

    it('go to an upstream that lists them, and the others are named', async () => {
      const { status, headers } = await create({ ...ASKED, ...extra, style: 'vivid' });

      expect(status).toBe(200);
      expect(stub.calls[0].body).toMatchObject({ seed: 7, negative_prompt: 'fog' });
      expect(stub.calls[0].body).not.toHaveProperty('cfg');
      expect(headers.get('x-ignored-parameters')).toBe('style, cfg');
    });

    it('are listed per model, by the name the upstream has for them', async () => {
      const { headers } = await create({ ...ASKED, ...extra, model: 'gpt-image-1.5' });

      expect(stub.calls[0].body).toMatchObject({ rng: 7 });
      expect(stub.calls[0].body).not.toHaveProperty('negative_prompt');
      expect(headers.get('x-ignored-parameters')).toBe('negative_prompt, cfg');
    });

    it('pass nothing where nothing is listed', async () => {
      const { headers } = await create({ ...ASKED, ...extra, model: 'gpt-image-1-mini' });

      const sent = Object.keys(stub.calls[0].body ?? {});
      expect(sent.filter((name) => name in extra)).toEqual([]);
      expect(headers.get('x-ignored-parameters')).toBe('seed, negative_prompt, cfg');
    });

    it('are refused when there is too much of them', async () => {
      const { status, body } = await create({ ...ASKED, negative_prompt: 'x'.repeat(20_000) });
      expect([status, body.error.param]).toEqual([400, 'negative_prompt']);
    });

    it('make another request of the same words', async () => {
      const once = { 'idempotency-key': 'two' };
      await create({ ...ASKED, seed: 1 }, once);
      const other = await create({ ...ASKED, seed: 2 }, once);
      expect([other.status, other.body.error.code]).toEqual([422, 'idempotency_key_reused']);
    });
  });

  describe('streams', () => {
    const stream = (body: Body, headers: Record<string, string> = {}) =>
      fetch(app.url + NATIVE, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${customer.secret}`,
          'content-type': 'application/json',
          ...headers,
        },
        body: JSON.stringify({ ...ASKED, stream: true, ...body }),
      });

    it('are OpenAI’s events: previews, then each image once it is charged', async () => {
      const { status, events, headers } = await readStream(await stream({ partial_images: 1 }));

      expect([status, headers.get('content-type')]).toEqual([
        200,
        'text/event-stream; charset=utf-8',
      ]);
      expect(events.map(({ event }) => event)).toEqual([
        'image_generation.partial_image',
        'image_generation.completed',
      ]);
      expect(String(events[1].data.b64_json).startsWith('iVBORw0KGgo')).toBe(true);
      expect(await app.balanceOf(customer.accountId)).toEqual({ available: 98, held: 0 });
    });

    it('end in an error of OpenAI’s shape, in the language asked for', async () => {
      stub.always('status-500');

      const chinese = await readStream(await stream({}));
      const english = await readStream(await stream({}, { 'accept-language': 'en' }));

      const errorOf = ({ events }: typeof chinese) => events.at(-1)?.data.error as Images['error'];
      expect(errorOf(chinese)).toMatchObject({ code: 'upstream_unavailable', param: null });
      expect(errorOf(chinese).message).toMatch(/^AI 服务调用失败/);
      expect(errorOf(english).message).toMatch(/^[\x20-\x7e]+$/);
      expect(await app.balanceOf(customer.accountId)).toEqual({ available: 100, held: 0 });
    });
  });

  describe('its document', () => {
    it('takes the same bodies as the seed’s', () => {
      const bodies: [boolean, unknown][] = [
        [true, ASKED],
        [true, { ...ASKED, n: 9007199254740991, quality: 'any', style: 'any', seed: 7 }],
        [true, { ...ASKED, response_format: 'b64_json', metadata: { a: [1] } }],
        [false, { prompt: 'a' }],
        [false, { model: 'gpt-image-2' }],
        [false, { ...ASKED, n: 0 }],
        [false, { ...ASKED, n: 1.5 }],
        [false, { ...ASKED, response_format: 'png' }],
        [false, { ...ASKED, size: 1024 }],
        [false, []],
      ];
      for (const contract of [client.seed, client.own]) {
        for (const [fits, body] of bodies) {
          expect([body, contract.accepts('POST', NATIVE, body)]).toEqual([body, fits]);
        }
      }
      expect(client.own.statusesOf('POST', NATIVE)).toEqual(
        expect.arrayContaining(client.seed.statusesOf('POST', NATIVE)),
      );
    });
  });
});
