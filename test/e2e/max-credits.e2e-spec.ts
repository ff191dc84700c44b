import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { type Body, SurfaceClient } from './openai-client.js';

const CREDITS = 100;
const PRICE = 2;
const REQUEST = { model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024' };

describe('the price of a request', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string };
  let client: SurfaceClient;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl });
  });

  beforeEach(async () => {
    customer = await app.givenCustomer(CREDITS);
    client = new SurfaceClient(app, customer.secret);
    stub.reset();
  });

  afterAll(async () => {
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await app.stop();
    await stub.close();
  });

  const available = async () => (await app.balanceOf(customer.accountId)).available;

  function agreeingTo(most: string, headers: Record<string, string> = {}): Promise<Response> {
    return client.post(REQUEST, { headers: { 'x-max-credits': most, ...headers } });
  }

  async function state(answer: Response): Promise<Body> {
    const found = await client.get(`/v1/images/${answer.headers.get('x-generation-id')}`);
    return (await found.json()) as Body;
  }

  describe('under x-max-credits', () => {
    it.each(['2', '2.000', '3', '9007199254740'])('of %s is held', async (most) => {
      expect((await agreeingTo(most)).status).toBe(200);
      expect(await available()).toBe(CREDITS - PRICE);
    });

    it.each(['1.999', '0', '1'])('of %s is refused before anything moved', async (most) => {
      const headers = { 'idempotency-key': `most-${customer.accountId}` };
      const answer = await agreeingTo(most, headers);
      expect([answer.status, await answer.json()]).toMatchObject([
        409,
        { error: { code: 'price_changed', message: expect.stringContaining('2 credits') } },
      ]);
      expect(answer.headers.get('x-should-retry')).toBe('false');
      expect(answer.headers.get('x-generation-id')).toBeNull();
      expect([await available(), stub.calls.length]).toEqual([CREDITS, 0]);
      // The refusal has bound no key.
      const agreed = await agreeingTo('2', headers);
      expect([agreed.status, agreed.headers.get('idempotent-replayed')]).toEqual([200, null]);
      // What was paid is replayed, whatever would be agreed to now.
      const replay = await agreeingTo(most, headers);
      expect([replay.status, replay.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    });

    it.each(['', '-1', 'two', '1e3', '2.0001', '0x2', 'NaN', '2, 3', '99999999999999999'])(
      'of %j is a mistake, named',
      async (most) => {
        const answer = await agreeingTo(most);
        expect([answer.status, await answer.json()]).toMatchObject([
          400,
          { error: { code: 'invalid_value', param: 'x-max-credits' } },
        ]);
        expect(stub.calls).toHaveLength(0);
      },
    );
  });

  describe('is explained by the receipt', () => {
    it('of what was asked, delivered, held, captured and released', async () => {
      stub.always('ok', { size: { width: 1024, height: 1024 }, images: 2 });
      const answer = await client.post({ ...REQUEST, size: '2048x2048', n: 3, quality: 'high' });
      expect((await state(answer)).receipt).toEqual({
        held: 12,
        captured: 4,
        released: 8,
        refunded: 0,
        catalog_version: 1,
        price_factor: 1000,
        tier: '2k',
        quality: 'high',
        unit_credits: 4,
        images: [
          { tier: '1k', size: '1024x1024', credits: 2 },
          { tier: '1k', size: '1024x1024', credits: 2 },
        ],
        usage_source: 'upstream',
        lines: [{ label: expect.any(String), quantity: 2, unit: 2, amount: 4 }],
      });
    });

    it('with the surcharge as a line of its own, frozen with the price list', async () => {
      const model = 'gemini-3-pro-image-preview';
      const answer = await client.post({ ...REQUEST, model, thinking_level: 'deep' });
      const { receipt } = (await state(answer)) as { receipt: { lines: Body[]; captured: number } };
      expect(receipt.lines).toHaveLength(2);
      expect(receipt.lines[1]).toMatchObject({
        quantity: 1,
        label: expect.stringMatching(/think/i),
      });
      const sum = receipt.lines.reduce((all, { amount }) => all + Number(amount), 0);
      expect(sum).toBe(receipt.captured);
    });

    it('of a failure: all released, no line', async () => {
      stub.always('status-500');
      expect((await state(await client.post(REQUEST))).receipt).toMatchObject({
        held: PRICE,
        captured: 0,
        released: PRICE,
        images: [],
        lines: [],
        usage_source: null,
      });
    });
  });

  describe('comes with a count of tokens', () => {
    it("that is the upstream's where it gives one", async () => {
      const answer = await client.post({ ...REQUEST, n: 2 });
      const usage = {
        total_tokens: 250,
        input_tokens: 50,
        output_tokens: 200,
        input_tokens_details: { text_tokens: 40, image_tokens: 10 },
      };
      expect(await answer.clone().json()).toMatchObject({ usage });
      expect(await state(answer)).toMatchObject({ usage, receipt: { usage_source: 'upstream' } });
    });

    it.each([
      ['a lighthouse', 'high', 1, 3, 4160],
      ['a lighthouse', 'low', 2, 3, 2 * 272],
      ['灯塔', undefined, 1, 2, 1056],
    ])('of %j at %s × %d is estimated by the rule where it gives none', async (...row) => {
      const [prompt, quality, n, text, output] = row;
      stub.always('url');
      const answer = await client.post({ ...REQUEST, prompt, quality, n });
      const usage = {
        total_tokens: text + output,
        input_tokens: text,
        output_tokens: output,
        input_tokens_details: { text_tokens: text, image_tokens: 0 },
      };
      expect(await answer.clone().json()).toMatchObject({ usage });
      expect(await state(answer)).toMatchObject({ usage, receipt: { usage_source: 'estimated' } });
    });
  });
});
