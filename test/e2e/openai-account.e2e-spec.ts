import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { type Body, SKETCH, SurfaceClient } from './openai-client.js';

const CREDITS = 1000;

describe('what a key may see and do', () => {
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

  describe('GET /v1/images/{id}', () => {
    it('gives state, pictures in either form, and the receipt, to the owner only', async () => {
      const id = (await client.post(SKETCH)).headers.get('x-generation-id') ?? '';
      const state = (await (await client.get(`/v1/images/${id}`)).json()) as Body;
      expect(state).toMatchObject({
        id,
        object: 'image.generation',
        status: 'succeeded',
        model: 'easel-sketch',
        data: [{ url: expect.any(String) as string }],
        error: null,
        receipt: { captured: expect.any(Number) as number, released: 0, refunded: 0 },
      });
      const encoded = await client.get(`/v1/images/${id}?response_format=b64_json`);
      expect(await encoded.json()).toMatchObject({ data: [{ b64_json: expect.any(String) }] });
      const stranger = await app.givenCustomer(0);
      const foreign = await as(stranger.secret).get(`/v1/images/${id}`);
      const missing = await client.get('/v1/images/019aa1f0-7c1e-7a2b-9c3d-4e5f60718293');
      expect([foreign.status, await foreign.json()]).toEqual([404, await missing.json()]);
    });

    it('gives the reason of a failure', async () => {
      stub.next('refused');
      const refused = await client.post({ model: 'gpt-image-2', prompt: 'a' });
      expect([refused.status, await refused.json()]).toMatchObject([
        400,
        { error: { type: 'image_generation_user_error', code: 'content_policy_violation' } },
      ]);
      const id = refused.headers.get('x-generation-id') ?? '';
      const state = await (await client.get(`/v1/images/${id}`)).json();
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
      const balance = await as(reader.secret).get('/v1/account/balance');
      expect([balance.status, await balance.json()]).toMatchObject([
        403,
        { error: { type: 'permission_error', code: 'insufficient_scope' } },
      ]);
    });

    it('shows and serves a key only its models', async () => {
      const narrow = await app.givenKey(customer.accountId, { models: ['easel-sketch'] });
      const client = as(narrow.secret).sdk();
      expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['easel-sketch']);
      await expect(
        client.images.generate({ model: 'gpt-image-2', prompt: 'a' }),
      ).rejects.toMatchObject({ status: 403, code: 'model_not_allowed' });
    });
  });

  describe('account', () => {
    it('shows credits and the key', async () => {
      const { available } = await app.balanceOf(customer.accountId);
      const limits = {
        concurrency: 3,
        imagesPerDay: 50,
        requestsPerMinute: 100,
        creditsPerDay: 40,
        creditsPerMonth: 1000.5,
      };
      const key = await app.givenKey(customer.accountId, { name: 'shop', limits });
      expect(await (await as(key.secret).get('/v1/account/balance')).json()).toEqual({
        balance_tcoin: available,
        held_tcoin: 0,
        currency: 'T',
        key: {
          name: 'shop',
          prefix: key.key.prefix,
          rate_limit_rpm: 100,
          daily_limit: 50,
          daily_used: 0,
          daily_tcoin_limit: 40,
          daily_tcoin_used: 0,
          monthly_tcoin_limit: 1000.5,
          monthly_tcoin_used: 0,
          concurrency_limit: 3,
          concurrency_in_use: 0,
          expires_at: null,
        },
      });
    });

    it('pages through usage without losing or repeating a request', async () => {
      const key = await app.givenKey(customer.accountId);
      const client = as(key.secret).sdk();
      const asked = 57;
      for (let i = 0; i < asked; i += 19) {
        const some = Array.from({ length: 19 }, () => client.images.generate(SKETCH));
        await Promise.all(some);
      }
      const seen: string[] = [];
      let before: string | null = '';
      while (before !== null) {
        const query: string = before && `?before=${encodeURIComponent(before)}`;
        const page = (await (await as(key.secret).get(`/v1/account/usage${query}`)).json()) as {
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
      const mine = await as(key.secret).get('/v1/account/usage');
      expect(await mine.json()).toMatchObject({ items: [], next_before: null, total_requests: 0 });
      const past = await client.get('/v1/account/usage?before=2020-01-01T00:00:00Z');
      expect(await past.json()).toMatchObject({ items: [], next_before: null });
      const bad = await client.get('/v1/account/usage?before=yesterday');
      expect([bad.status, await bad.json()]).toMatchObject([400, { error: { param: 'before' } }]);
    });
  });
});
