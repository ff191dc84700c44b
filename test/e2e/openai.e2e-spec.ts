import OpenAI from 'openai';
import sharp from 'sharp';
import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { type Body, SKETCH, SurfaceClient } from './openai-client.js';

const CREDITS = 1000;

describe('the OpenAI surface', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string };
  let client: SurfaceClient;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl });
    customer = await app.givenCustomer(CREDITS);
    client = as(customer.secret);
  });

  afterEach(() => void stub.reset());

  afterAll(async () => {
    await app.stop();
    await stub.close();
  });

  const as = (secret: string): SurfaceClient => new SurfaceClient(app, secret);

  async function sizeOf(image: { url?: string; b64_json?: string }): Promise<string> {
    const bytes = image.b64_json
      ? Buffer.from(image.b64_json, 'base64')
      : Buffer.from(await (await fetch(image.url ?? '')).arrayBuffer());
    const { info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    return `${info.width}x${info.height}`;
  }

  const spent = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await app.balanceOf(customer.accountId);
    await work();
    const after = await app.balanceOf(customer.accountId);
    expect(after.held).toBe(0);
    return before.available - after.available;
  };

  describe('with the official SDK, only base URL and key changed', () => {
    it('lists the models with what one must know to ask for them', async () => {
      const { data } = await client.sdk().models.list();
      expect(data.map(({ id }) => id)).toEqual(
        expect.arrayContaining(['gpt-image-2', 'easel-sketch', 'dall-e-2', 'dall-e-3']),
      );
      expect(data.find(({ id }) => id === 'gpt-image-2')).toMatchObject({
        object: 'model',
        owned_by: 'openai',
        created: expect.any(Number),
        available: true,
        lifecycle: 'active',
        sizes: expect.arrayContaining(['1024x1024', 'auto']),
        qualities: expect.arrayContaining(['high']),
        prices: expect.arrayContaining([{ tier: '1k', credits: 2 }]),
        supported_endpoint_types: ['image-generation'],
      });
    });

    it.each(['gpt-image-2', 'openai/gpt-image-2', 'openai:gpt-image-2', 'gpt-image-2-2026-04-21'])(
      'gets the model %s',
      async (name) => {
        await expect(client.sdk().models.retrieve(name)).resolves.toMatchObject({
          id: 'gpt-image-2',
        });
      },
    );

    it('says when there is no such model', async () => {
      await expect(client.sdk().models.retrieve('other/gpt-image-2')).rejects.toMatchObject({
        status: 404,
        code: 'model_not_found',
      });
    });

    it.each(['url', 'b64_json'] as const)(
      'draws locally at the size asked and answers %s',
      async (response_format) => {
        const charged = await spent(async () => {
          const { data = [] } = await client.sdk().images.generate({
            ...SKETCH,
            n: 2,
            size: '1536x1024',
            response_format,
          });
          expect(data.map((image) => Object.keys(image))).toEqual([
            [response_format],
            [response_format],
          ]);
          for (const image of data) expect(await sizeOf(image)).toBe('1536x1024');
        });
        expect(charged).toBeGreaterThan(0);
      },
    );

    it.each(['url', 'b64_json'] as const)(
      'generates through an upstream and answers %s',
      async (response_format) => {
        const charged = await spent(async () => {
          const answer = await client.sdk().images.generate({
            model: 'gpt-image-2',
            prompt: 'a lighthouse',
            size: '1024x1024',
            quality: 'high',
            response_format,
          });
          expect(answer).toMatchObject({
            created: expect.any(Number),
            output_format: 'png',
            quality: 'high',
            size: '1024x1024',
            usage: {
              total_tokens: expect.any(Number),
              input_tokens_details: { text_tokens: expect.any(Number) },
            },
          });
          expect(await sizeOf(answer.data?.[0] ?? {})).toBe('1024x1024');
        });
        expect(charged).toBe(2);
        expect(stub.calls).toHaveLength(1);
      },
    );

    it('answers base64 for gpt-image models and a link for others unless told', async () => {
      const gpt = await client.sdk().images.generate({ model: 'gpt-image-2', prompt: 'a' });
      const sketch = await client.sdk().images.generate(SKETCH);
      expect(Object.keys(gpt.data?.[0] ?? {})).toEqual(['b64_json']);
      expect(Object.keys(sketch.data?.[0] ?? {})).toEqual(['url']);
    });

    it('raises the error class, code, param and request id that a program can act on', async () => {
      const failure = await client
        .sdk()
        .images.generate({ ...SKETCH, n: 0 })
        .then(
          () => null,
          (error: unknown) => error,
        );
      expect(failure).toBeInstanceOf(OpenAI.BadRequestError);
      expect(failure).toMatchObject({ code: 'invalid_value', param: 'n' });
      expect((failure as { requestID?: string }).requestID).toEqual(expect.any(String));
    });

    it('asks a failing upstream once although the SDK would retry, and charges nothing', async () => {
      stub.always('status-500');
      const retrying = client.sdk('', 2);
      const charged = await spent(() =>
        expect(
          retrying.images.generate({ model: 'gpt-image-2', prompt: 'a' }),
        ).rejects.toMatchObject({ status: 502 }),
      );
      expect(charged).toBe(0);
      expect(stub.calls).toHaveLength(1);
    });

    it('knows a missing key from a wrong one only by the same 401', async () => {
      for (const key of ['sk-easel-live-nothing', 'x']) {
        await expect(as(key).sdk().models.list()).rejects.toMatchObject({
          status: 401,
          code: 'invalid_api_key',
        });
      }
    });
  });

  describe('lenience', () => {
    it('reads scalars sent as text, ignores and names what it does not know', async () => {
      const answer = await client.post({
        ...SKETCH,
        n: '2',
        size: '512x512',
        stream: 'false',
        style: '',
        quality: null,
        seed: 7,
        'bad\nname': 1,
        input_fidelity: 'high',
      });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-images-delivered')).toBe('2/2');
      expect(answer.headers.get('x-ignored-parameters')).toBe('seed, input_fidelity');
    });

    it('swallows what LangChain always sends', async () => {
      const answer = await client.post({
        model: 'gpt-image-2',
        prompt: 'a',
        n: 1,
        size: '1024x1024',
        response_format: 'url',
        style: 'vivid',
        quality: 'standard',
      });
      expect([answer.status, await answer.json()]).toMatchObject([
        200,
        { data: [{ url: expect.stringContaining(`${app.url}/files/`) as string }] },
      ]);
    });

    it.each(['/v1/images/generations/', '/v1//images/generations', '//v1/images/generations'])(
      'takes %s for the route',
      async (path) => {
        expect((await client.post(SKETCH, { path })).status).toBe(200);
      },
    );

    it('names what is accepted and the nearest value', async () => {
      const answer = await client.post({ model: 'gpt-image-2', prompt: 'a', size: '1000x1000' });
      const { error } = (await answer.json()) as { error: Body };
      expect([answer.status, error.param]).toEqual([400, 'size']);
      expect(error.message).toMatch(/Accepted: .*Nearest/s);
    });
  });

  describe('headers', () => {
    it('says whose, which and how long, and forbids caching', async () => {
      const { headers } = await client.post(SKETCH);
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'openai-version': '2020-10-01',
        'openai-processing-ms': expect.stringMatching(/^\d+$/) as string,
        'x-generation-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        'x-request-id': expect.any(String) as string,
      });
      expect(headers.get('x-easel-demo')).toBeNull();
    });

    it('replays a repeated Idempotency-Key and refuses it for another body', async () => {
      const headers = { 'idempotency-key': 'order-1' };
      const first = await client.post(SKETCH, { headers });
      const again = await client.post({ prompt: SKETCH.prompt, model: SKETCH.model }, { headers });
      const other = await client.post({ ...SKETCH, prompt: 'else' }, { headers });
      expect([first.headers.get('idempotent-replayed'), first.status]).toEqual([null, 200]);
      expect([again.headers.get('idempotent-replayed'), again.status]).toEqual(['true', 200]);
      expect(await again.json()).toEqual(await first.json());
      expect(other.status).toBe(422);
    });

    it('says the limits of the key, and when it may ask again', async () => {
      const limited = await app.givenKey(customer.accountId, { limits: { requestsPerMinute: 2 } });
      const first = await as(limited.secret).get('/v1/models');
      expect(first.headers.get('x-ratelimit-limit-requests')).toBe('2');
      expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('1');
      await as(limited.secret).get('/v1/models');
      const refused = await as(limited.secret).get('/v1/models');
      expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([429, 'true']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    });
  });

  it('kept the books straight through all of that', async () => {
    await expect(app.checkLedger()).resolves.toMatchObject({ ok: true, violations: [] });
  });
});
