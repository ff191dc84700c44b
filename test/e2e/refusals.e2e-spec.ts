import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { type Body, SurfaceClient } from './openai-client.js';

const CREDITS = 100;
const REQUEST = { model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024' };

describe('a refusal before anything moved', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string };

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl });
    customer = await app.givenCustomer(CREDITS);
  });

  afterEach(async () => {
    expect(stub.calls).toHaveLength(0);
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: CREDITS, held: 0 });
  });

  afterAll(async () => {
    await app.stop();
    await stub.close();
  });

  async function ask(body: Body, secret = customer.secret, path?: string) {
    const answer = await new SurfaceClient(app, secret).post({ ...REQUEST, ...body }, { path });
    const { error } = (await answer.json()) as { error: Record<string, string> };
    return { answer, error };
  }

  it.each<[Body, string, RegExp]>([
    [{ n: 1.5 }, 'n', /from 1 to 10\. Accepted: 1 to 10\. Nearest accepted value: 2\./],
    [{ n: '1.5' }, 'n', /Accepted: 1 to 10\. Nearest accepted value: 1\./],
    [{ n: 'two' }, 'n', /Accepted: 1 to 10\./],
    [{ n: true }, 'n', /Accepted: 1 to 10\./],
    [{ n: [1] }, 'n', /Accepted: 1 to 10\./],
    [{ n: 0 }, 'n', /Nearest accepted value: 1\./],
    [{ n: 1e300 }, 'n', /Nearest accepted value: 10\./],
    [{ output_format: 'webp', output_compression: 'x' }, 'output_compression', /0 to 100/],
    [{ stream: true, partial_images: 'many' }, 'partial_images', /Accepted: 0 to 3\./],
    [{ size: 1024 }, 'size', /Accepted: .*1024x1024/],
    [{ quality: true }, 'quality', /Accepted: auto, low, medium, high\./],
    [{ background: 0 }, 'background', /Accepted: auto, opaque, transparent\./],
    [{ size: ['1024x1024'] }, 'size', /must be a string/],
    [{ prompt: 7 }, 'prompt', /must be a string/],
    [{ stream: 'yes' }, 'stream', /must be true or false/],
    [{ response_format: 'jpg' }, 'response_format', /Accepted: url, b64_json\./],
  ])('of %j names the field and what is accepted', async (body, param, message) => {
    const { answer, error } = await ask(body);
    expect([answer.status, error.code, error.param]).toEqual([400, 'invalid_value', param]);
    expect(error.message).toMatch(message);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(answer.headers.get('x-generation-id')).toBeNull();
  });

  it('of an unknown model names only those of the key', async () => {
    const models = ['easel-sketch', 'openai:gpt-image-1.5'];
    const { secret } = await app.givenKey(customer.accountId, { models });
    const { answer, error } = await ask({ model: 'gpt-image-9' }, secret);
    expect([answer.status, error.code, error.param]).toEqual([404, 'model_not_found', 'model']);
    const others = error.message.replace(/gpt-image-9|gpt-image-1\.5|easel-sketch/g, '');
    expect(others).not.toMatch(/gpt|gemini|dall/);
    expect(error.message).toContain('Available: easel-sketch, gpt-image-1.5.');
  });

  it.each([
    ['imagesPerDay', 2, { n: 3 }, 'images_per_day', 'false'],
    ['creditsPerDay', 3, { n: 2 }, 'credits_per_day', 'false'],
    ['creditsPerMonth', 1.999, {}, 'credits_per_month', 'false'],
  ])(
    'by %s %j of %j can never fit, so no retry is advised',
    async (name, limit, body, param, retry) => {
      const { secret } = await app.givenKey(customer.accountId, { limits: { [name]: limit } });
      const { answer, error } = await ask(body, secret);
      expect([answer.status, error.code, error.param]).toEqual([429, 'quota_exceeded', param]);
      expect(error.message).toContain('This request alone is more.');
      expect(answer.headers.get('x-should-retry')).toBe(retry);
      expect(answer.headers.get('retry-after')).toBeNull();
      expect(answer.headers.get('x-ratelimit-reset-images')).toBeNull();
    },
  );
});

describe('a quota that others have used up', () => {
  it('advises a retry, and when', async () => {
    const stub = await startUpstreamStub();
    const app = await startApp({ stub: stub.baseUrl });
    try {
      const { secret } = await app.givenCustomer(CREDITS, { limits: { imagesPerDay: 2 } });
      const client = new SurfaceClient(app, secret);
      expect((await client.post({ ...REQUEST, n: 2 })).status).toBe(200);
      const { status, headers } = await client.post(REQUEST);
      expect([status, headers.get('x-should-retry')]).toEqual([429, 'true']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(headers.get('x-ratelimit-reset-images')).toMatch(/\d+s$/);
    } finally {
      await app.stop();
      await stub.close();
    }
  });
});
