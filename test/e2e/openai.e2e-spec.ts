import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import OpenAI from 'openai';
import sharp from 'sharp';
import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';

const CREDITS = 1000;
const SKETCH = { model: 'easel-sketch', prompt: 'a lighthouse at dusk' };

type Body = Record<string, unknown>;

describe('the OpenAI surface', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string; keyId: string };
  let openai: OpenAI;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl });
    customer = await app.givenCustomer(CREDITS);
    openai = clientFor(customer.secret);
  });

  afterEach(() => void stub.reset());

  afterAll(async () => {
    await app.stop();
    await stub.close();
  });

  function clientFor(apiKey: string, prefix = ''): OpenAI {
    return new OpenAI({ apiKey, baseURL: `${app.url}${prefix}/v1`, maxRetries: 0 });
  }

  function post(body: Body, { path = '/v1/images/generations', headers = {} } = {}) {
    return fetch(app.url + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${customer.secret}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
    });
  }

  function get(path: string, secret = customer.secret) {
    return fetch(app.url + path, { headers: { authorization: `Bearer ${secret}` } });
  }

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
      const { data } = await openai.models.list();
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
        await expect(openai.models.retrieve(name)).resolves.toMatchObject({ id: 'gpt-image-2' });
      },
    );

    it('says when there is no such model', async () => {
      await expect(openai.models.retrieve('other/gpt-image-2')).rejects.toMatchObject({
        status: 404,
        code: 'model_not_found',
      });
    });

    it.each(['url', 'b64_json'] as const)(
      'draws locally at the size asked and answers %s',
      async (response_format) => {
        const charged = await spent(async () => {
          const { data = [] } = await openai.images.generate({
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
          const answer = await openai.images.generate({
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
      const gpt = await openai.images.generate({ model: 'gpt-image-2', prompt: 'a' });
      const sketch = await openai.images.generate(SKETCH);
      expect(Object.keys(gpt.data?.[0] ?? {})).toEqual(['b64_json']);
      expect(Object.keys(sketch.data?.[0] ?? {})).toEqual(['url']);
    });

    it('raises the error class, code, param and request id that a program can act on', async () => {
      const failure = await openai.images.generate({ ...SKETCH, n: 0 }).then(
        () => null,
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(OpenAI.BadRequestError);
      expect(failure).toMatchObject({ code: 'invalid_value', param: 'n' });
      expect((failure as { requestID?: string }).requestID).toEqual(expect.any(String));
    });

    it('asks a failing upstream once although the SDK would retry, and charges nothing', async () => {
      stub.always('status-500');
      const retrying = new OpenAI({ apiKey: customer.secret, baseURL: `${app.url}/v1` });
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
        await expect(clientFor(key).models.list()).rejects.toMatchObject({
          status: 401,
          code: 'invalid_api_key',
        });
      }
    });
  });

  describe('lenience', () => {
    it('reads scalars sent as text, ignores and names what it does not know', async () => {
      const answer = await post({
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
      const answer = await post({
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
        expect((await post(SKETCH, { path })).status).toBe(200);
      },
    );

    it('names what is accepted and the nearest value', async () => {
      const answer = await post({ model: 'gpt-image-2', prompt: 'a', size: '1000x1000' });
      const { error } = (await answer.json()) as { error: Body };
      expect([answer.status, error.param]).toEqual([400, 'size']);
      expect(error.message).toMatch(/Accepted: .*Nearest/s);
    });
  });

  describe('headers', () => {
    it('says whose, which and how long, and forbids caching', async () => {
      const { headers } = await post(SKETCH);
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
      const first = await post(SKETCH, { headers });
      const again = await post({ prompt: SKETCH.prompt, model: SKETCH.model }, { headers });
      const other = await post({ ...SKETCH, prompt: 'else' }, { headers });
      expect([first.headers.get('idempotent-replayed'), first.status]).toEqual([null, 200]);
      expect([again.headers.get('idempotent-replayed'), again.status]).toEqual(['true', 200]);
      expect(await again.json()).toEqual(await first.json());
      expect(other.status).toBe(422);
    });

    it('says the limits of the key, and when it may ask again', async () => {
      const limited = await app.givenKey(customer.accountId, { limits: { requestsPerMinute: 2 } });
      const first = await get('/v1/models', limited.secret);
      expect(first.headers.get('x-ratelimit-limit-requests')).toBe('2');
      expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('1');
      await get('/v1/models', limited.secret);
      const refused = await get('/v1/models', limited.secret);
      expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([429, 'true']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    });
  });

  describe('GET /v1/images/{id}', () => {
    it('gives state, pictures in either form, and the receipt, to the owner only', async () => {
      const id = (await post(SKETCH)).headers.get('x-generation-id') ?? '';
      const state = (await (await get(`/v1/images/${id}`)).json()) as Body;
      expect(state).toMatchObject({
        id,
        object: 'image.generation',
        status: 'succeeded',
        model: 'easel-sketch',
        data: [{ url: expect.any(String) as string }],
        error: null,
        receipt: { captured: expect.any(Number) as number, released: 0, refunded: 0 },
      });
      const encoded = await get(`/v1/images/${id}?response_format=b64_json`);
      expect(await encoded.json()).toMatchObject({ data: [{ b64_json: expect.any(String) }] });
      const stranger = await app.givenCustomer(0);
      const foreign = await get(`/v1/images/${id}`, stranger.secret);
      const missing = await get('/v1/images/019aa1f0-7c1e-7a2b-9c3d-4e5f60718293');
      expect([foreign.status, await foreign.json()]).toEqual([404, await missing.json()]);
    });

    it('gives the reason of a failure', async () => {
      stub.next('refused');
      const refused = await post({ model: 'gpt-image-2', prompt: 'a' });
      expect([refused.status, await refused.json()]).toMatchObject([
        400,
        { error: { type: 'image_generation_user_error', code: 'content_policy_violation' } },
      ]);
      const id = refused.headers.get('x-generation-id') ?? '';
      const state = await (await get(`/v1/images/${id}`)).json();
      expect(state).toMatchObject({
        status: 'failed',
        data: [],
        error: { code: 'content_policy_violation' },
        receipt: { captured: 0 },
      });
    });
  });

  describe('methods and scopes', () => {
    it('answers a wrong method with 405 and what there is', async () => {
      const answer = await fetch(`${app.url}/v1/models`, { method: 'DELETE' });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    });

    it('lets a key do only what its scopes say', async () => {
      const reader = await app.givenKey(customer.accountId, { scopes: ['images.read'] });
      const balance = await get('/v1/account/balance', reader.secret);
      expect([balance.status, await balance.json()]).toMatchObject([
        403,
        { error: { type: 'permission_error', code: 'insufficient_scope' } },
      ]);
    });

    it('shows and serves a key only its models', async () => {
      const narrow = await app.givenKey(customer.accountId, { models: ['easel-sketch'] });
      const client = clientFor(narrow.secret);
      expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['easel-sketch']);
      await expect(
        client.images.generate({ model: 'gpt-image-2', prompt: 'a' }),
      ).rejects.toMatchObject({ status: 403, code: 'model_not_allowed' });
    });
  });

  describe('account', () => {
    it('shows credits and the key', async () => {
      const { available } = await app.balanceOf(customer.accountId);
      const limits = { concurrency: 3, imagesPerDay: 50, requestsPerMinute: 100 };
      const key = await app.givenKey(customer.accountId, { name: 'shop', limits });
      expect(await (await get('/v1/account/balance', key.secret)).json()).toEqual({
        balance_tcoin: available,
        held_tcoin: 0,
        currency: 'T',
        key: {
          name: 'shop',
          prefix: key.key.prefix,
          rate_limit_rpm: 100,
          daily_limit: 50,
          daily_used: 0,
          concurrency_limit: 3,
          concurrency_in_use: 0,
          expires_at: null,
        },
      });
    });

    it('pages through usage without losing or repeating a request', async () => {
      const key = await app.givenKey(customer.accountId);
      const client = clientFor(key.secret);
      const asked = 57;
      for (let i = 0; i < asked; i += 19) {
        const some = Array.from({ length: 19 }, () => client.images.generate(SKETCH));
        await Promise.all(some);
      }
      const seen: string[] = [];
      let before: string | null = '';
      while (before !== null) {
        const query: string = before && `?before=${encodeURIComponent(before)}`;
        const page = (await (await get(`/v1/account/usage${query}`, key.secret)).json()) as {
          items: { id: string; tcoin_spent: number; status_code: number }[];
          next_before: string | null;
          total_requests: number;
          total_tcoin_spent: number;
        };
        expect(page).toMatchObject({ window_days: 30, total_requests: asked });
        const perRequest = page.items[0].tcoin_spent;
        expect(page.total_tcoin_spent).toBeCloseTo(perRequest * asked, 3);
        seen.push(...page.items.map(({ id }) => id));
        before = page.next_before;
      }
      expect(new Set(seen).size).toBe(asked);
      expect(seen).toEqual([...seen].sort().reverse());
    }, 60_000);

    it('takes a plain date-time, and shows a key nothing of another', async () => {
      const key = await app.givenKey(customer.accountId);
      const mine = await get('/v1/account/usage', key.secret);
      expect(await mine.json()).toMatchObject({ items: [], next_before: null, total_requests: 0 });
      const past = await get('/v1/account/usage?before=2020-01-01T00:00:00Z');
      expect(await past.json()).toMatchObject({ items: [], next_before: null });
      const bad = await get('/v1/account/usage?before=yesterday');
      expect([bad.status, await bad.json()]).toMatchObject([400, { error: { param: 'before' } }]);
    });
  });

  describe('profiles', () => {
    it('aiimg: its defaults and limits, its id, by alias or by key', async () => {
      const byKey = await app.givenKey(customer.accountId, { profile: 'aiimg' });
      for (const [secret, path] of [
        [customer.secret, '/aiimg/v1/images/generations'],
        [byKey.secret, '/v1/images/generations'],
      ]) {
        const headers = { authorization: `Bearer ${secret}` };
        const answer = await post({ prompt: 'a lighthouse' }, { path, headers });
        const body = (await answer.json()) as Body;
        expect(body).toMatchObject({
          data: [{ url: expect.any(String) as string }],
          size: '1024x1024',
          aiimg_generation_id: answer.headers.get('x-generation-id'),
        });
        for (const [param, bad] of [
          ['n', { n: 5 }],
          ['prompt', { prompt: 'a' }],
          ['prompt', { prompt: 'x'.repeat(4001) }],
        ] as const) {
          const refused = await post({ prompt: 'ab', ...bad }, { path, headers });
          expect([refused.status, await refused.json()]).toMatchObject([400, { error: { param } }]);
        }
      }
      expect(stub.calls.every(({ body }) => body?.model === 'gpt-image-2')).toBe(true);
    });

    it.each([
      [{}, 'dall-e-2', 'url'],
      [{ background: 'opaque' }, 'gpt-image-1', 'b64_json'],
      [{ model: 'dall-e-3', n: 1 }, 'dall-e-3', 'url'],
    ])('aiai: %j asks for %s and answers %s', async (extra, model, form) => {
      const answer = await post(
        { prompt: 'a lighthouse', ...extra },
        { path: '/aiai/v1/images/generations/' },
      );
      const { data } = (await answer.json()) as { data: object[] };
      expect(Object.keys(data[0])).toEqual([form]);
      const id = answer.headers.get('x-generation-id');
      expect(await (await get(`/v1/images/${id}`)).json()).toMatchObject({ model });
    });
  });

  describe('contracts of the public APIs it stands in for', () => {
    const aiimg = readSeed('000_aiimg.openapi.json');
    const aiai = readSeed('003_aiai.openapi.json');

    it('the AIImg API: every answer has the shape its document gives', async () => {
      const path = '/aiimg/v1/images/generations';
      const success = schemaOf(aiimg, 'ImageResponse');
      const failure = schemaOf(aiimg, 'ApiError');
      for (const body of [{ prompt: 'a lighthouse' }, { ...SKETCH, response_format: 'b64_json' }]) {
        expectValid(success, await (await post(body, { path })).json());
      }
      const poor = await app.givenCustomer(0);
      stub.next('status-500');
      const failing: [number, Body, object][] = [
        [400, { n: 1 }, {}],
        [401, SKETCH, { authorization: 'Bearer x' }],
        [402, SKETCH, { authorization: `Bearer ${poor.secret}` }],
        [502, { prompt: 'a lighthouse' }, {}],
        [400, { ...SKETCH, model: 'nothing' }, {}],
      ];
      for (const [status, body, headers] of failing) {
        const answer = await post(body, { path, headers: headers as Record<string, string> });
        expect(answer.status).toBe(status);
        expectValid(failure, await answer.json());
      }
      const unknown = await get('/aiimg/v1/images/nothing');
      expect(unknown.status).toBe(404);
      expect((await get('/aiimg/v1/account/balance')).status).toBe(200);
      expect((await get('/aiimg/v1/account/usage?before=2027-01-01T00:00:00Z')).status).toBe(200);
    });

    it('the AIAI API: its minimal request, with the slash, is answered in its shape', async () => {
      const success = schemaOf(aiai, 'ImagesResponse');
      for (const extra of [{}, { stream: 'false', moderation: 'low', user: 'u' }]) {
        const answer = await post(
          { prompt: 'string', ...extra },
          { path: '/aiai/v1/images/generations/' },
        );
        expect(answer.status).toBe(200);
        expectValid(success, await answer.json());
      }
    });
  });

  it('kept the books straight through all of that', async () => {
    await expect(app.checkLedger()).resolves.toMatchObject({ ok: true, violations: [] });
  });
});

interface SeedDocument {
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

function readSeed(name: string): SeedDocument {
  const file = join(import.meta.dirname, '..', 'data', 'seeds', name);
  return JSON.parse(readFileSync(file, 'utf8')) as SeedDocument;
}

function schemaOf({ components }: SeedDocument, name: string): ValidateFunction {
  const ajv = new Ajv2020({ strict: false });
  return ajv.compile({ components, $ref: `#/components/schemas/${name}` });
}

function expectValid(validate: ValidateFunction, body: unknown): void {
  validate(body);
  expect(validate.errors ?? []).toEqual([]);
}
