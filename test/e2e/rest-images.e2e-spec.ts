import { type Answer, ASKED, RestClient } from './rest-images-client.js';
import { ACCOUNT, GENERATE, GET, LIST, RestRig, type Route, USAGE } from './rest-images-rig.js';

const THINKER = 'google:gemini-3-pro-image-preview';
const UUID = /^[0-9a-f-]{36}$/;

describe('/api/v1, the REST images API', () => {
  let rig: RestRig;
  let client: RestClient;
  let customer: { accountId: string; secret: string };

  beforeAll(async () => {
    rig = await RestRig.start();
  });

  beforeEach(async () => {
    ({ client, ...customer } = await rig.givenClient());
  });

  afterEach(() => void rig.stub.reset());

  afterAll(() => rig.stop());

  const expectAnswer = (operation: Route, status: number, answer: Answer): void =>
    rig.expectAnswer(operation, status, answer);

  describe('success', () => {
    it('generates, and tells of it everything that is known, nulls included', async () => {
      const made = await client.generate(ASKED);
      expectAnswer(GENERATE, 200, made);
      expect(made.body).toEqual({
        image: {
          id: made.headers.get('x-generation-id'),
          prompt: ASKED.prompt,
          modelId: 'openai:gpt-image-2',
          providerId: 'openai',
          aspectRatio: '1:1',
          style: null,
          thinkingLevel: null,
          mediaType: 'image/png',
          creditCost: 2,
          createdAt: expect.any(String),
          b64_json: expect.any(String),
        },
        credits: { charged: 2, remaining: 98 },
      });
      expect(made.body.image.id).toMatch(UUID);
      expect(new Date(made.body.image.createdAt).toISOString()).toBe(made.body.image.createdAt);
      expect(Buffer.from(made.body.image.b64_json, 'base64').subarray(1, 4).toString()).toBe('PNG');
      expect(made.headers.get('cache-control')).toBe('no-store');
    });

    it('gets it with its bytes, by format=metadata without them, and so it is listed', async () => {
      const { image } = (await client.generate(ASKED)).body;
      const { b64_json: _bytes, ...metadata } = image;
      const whole = await client.get(`/images/${image.id}`);
      expectAnswer(GET, 200, whole);
      expect(whole.body).toEqual({ image });
      const short = await client.get(`/images/${image.id}?format=metadata`);
      expectAnswer(GET, 200, short);
      expect(short.body).toEqual({ image: metadata });
      expect((await client.get(`/images/${image.id}?format=webp`)).body).toEqual({ image });
      const list = await client.get('/images');
      expectAnswer(LIST, 200, list);
      expect(list.body).toEqual({ images: [metadata], total: 1, limit: 20, offset: 0 });
    });

    it('asks for the shape, and adds the style to the prompt', async () => {
      const made = await client.generate({ ...ASKED, aspectRatio: '16:9', style: 'woodcut' });
      expectAnswer(GENERATE, 200, made);
      expect(made.body.image).toMatchObject({ aspectRatio: '16:9', style: 'woodcut', ...ASKED });
      expect(rig.stub.calls.at(-1)?.body).toMatchObject({
        prompt: `${ASKED.prompt}\n\nStyle: woodcut`,
        size: '1280x720',
      });
      expect(rig.stub.calls.at(-1)?.body).not.toHaveProperty('style');
      const { body } = await client.get(`/images/${made.body.image.id}?format=metadata`);
      expect(body.image).toMatchObject({ style: 'woodcut', prompt: ASKED.prompt });
    });

    it('sells thinking where a model has it', async () => {
      const made = await client.generate({ ...ASKED, modelId: THINKER, thinkingLevel: 'deep' });
      expectAnswer(GENERATE, 200, made);
      expect(made.body.image).toMatchObject({ providerId: 'google', thinkingLevel: 'deep' });
      expect(made.body.credits).toEqual({ charged: 7, remaining: 93 });
    });

    it('tells the account and its balance', async () => {
      const answer = await client.get('/account');
      expectAnswer(ACCOUNT, 200, answer);
      expect(answer.body).toEqual({
        userId: customer.accountId,
        email: expect.stringContaining('@'),
        creditBalance: 100,
      });
    });

    it('writes a deduction and its refund under one reference', async () => {
      rig.stub.next('status-500');
      const failed = await client.generate(ASKED);
      const id = failed.headers.get('x-generation-id');
      const { image } = (await client.generate(ASKED)).body;
      const usage = await client.get('/usage');
      expectAnswer(USAGE, 200, usage);
      const { transactions, ...page } = usage.body;
      expect(page).toEqual({ total: 4, limit: 20, offset: 0 });
      expect(
        transactions.map(({ type, amount, referenceId }) => [type, amount, referenceId]),
      ).toEqual([
        ['deduction', -2, image.id],
        ['refund', 2, id],
        ['deduction', -2, id],
        ['addition', 100, null],
      ]);
      expect((await client.get('/account')).body.creditBalance).toBe(98);
    });

    it('rounds a charge up and what is left down', async () => {
      await rig.app.database.query('UPDATE accounts SET price_factor = 1250 WHERE id = $1', [
        customer.accountId,
      ]);
      const { secret } = await rig.app.givenKey(customer.accountId);
      const made = await new RestClient(rig.app, secret).generate(ASKED);
      expectAnswer(GENERATE, 200, made);
      expect(made.body.credits).toEqual({ charged: 3, remaining: 97 });
      const { transactions } = (await client.get('/usage?limit=1')).body;
      expect(transactions[0].amount).toBe(-3);
    });

    it('replays the first answer to an Idempotency-Key, and charges once', async () => {
      const headers = { 'idempotency-key': 'once' };
      const first = await client.generate(ASKED, headers);
      const second = await client.generate(ASKED, headers);
      expectAnswer(GENERATE, 200, second);
      expect(second.body).toEqual(first.body);
      expect(second.headers.get('idempotent-replayed')).toBe('true');
      const other = await client.generate({ ...ASKED, prompt: 'another' }, headers);
      expectAnswer(GENERATE, 400, other);
      expect(other.body.error.details[0].code).toBe('idempotency_key_reused');
      expect((await client.get('/images')).body.total).toBe(1);
    });
  });

  it('documents every status that the original lists, and accepts what it accepts', () => {
    for (const operation of [GENERATE, LIST, GET, ACCOUNT, USAGE]) {
      expect(rig.ours.statusesOf(...operation)).toEqual(
        expect.arrayContaining(rig.seed.statusesOf(...operation)),
      );
    }
    const models = ['openai:gpt-image-1.5', 'google:gemini-3.1-flash-image-preview', THINKER];
    const sound = models.flatMap((modelId) => [
      { prompt: 'a', modelId },
      { prompt: 'x'.repeat(2000), modelId, aspectRatio: '21:9', style: '', thinkingLevel: 'deep' },
    ]);
    const unsound = [
      {},
      { ...ASKED, prompt: '' },
      { ...ASKED, prompt: 'x'.repeat(2001) },
      { ...ASKED, modelId: 'gpt-image-2' },
      { ...ASKED, aspectRatio: '5:4' },
      { ...ASKED, style: null },
      { ...ASKED, thinkingLevel: 'deeper' },
      { ...ASKED, n: 1 },
    ];
    for (const body of sound) {
      expect(rig.seed.accepts(...GENERATE, body)).toBe(true);
      expect(rig.ours.accepts(...GENERATE, body)).toBe(true);
    }
    for (const body of unsound) {
      expect(rig.seed.accepts(...GENERATE, body)).toBe(false);
      expect(rig.ours.accepts(...GENERATE, body)).toBe(false);
    }
  });

  it('leaves a ledger that adds up', async () => {
    await expect(rig.app.checkLedger()).resolves.toMatchObject({ ok: true, violations: [] });
  });
});
