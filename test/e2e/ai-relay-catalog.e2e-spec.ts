import { startApp, type TestApp } from '../support/app.js';
import { AiRelayClient, type Body, EDIT_MODELS, GENERATE, MODELS } from './ai-relay-client.js';

interface Model {
  readonly name: string;
  readonly description: string;
  readonly summary?: string;
  readonly tags: readonly Readonly<Record<string, string>>[];
  readonly sizes: readonly string[];
  readonly qualities: readonly string[];
  readonly styles: readonly string[];
  readonly pricing: readonly Price[];
  readonly available: boolean;
  readonly maxInputImages?: number;
}

interface Price {
  readonly size: string;
  readonly quality?: string;
  readonly price: number;
  readonly originPrice?: number;
}

interface Listing {
  readonly code: number;
  readonly data: readonly Model[];
}

describe('the catalog of /api/ai', () => {
  let app: TestApp;
  let client: AiRelayClient;

  beforeAll(async () => {
    app = await startApp();
    client = await AiRelayClient.of(app);
  });

  afterAll(() => app.stop());

  async function list(path: string, headers: Record<string, string> = {}): Promise<Listing> {
    const { status, body } = await client.send<Listing>('GET', path, path, { headers });
    expect(status).toBe(200);
    return body;
  }

  async function named(name: string, path = MODELS, headers: Record<string, string> = {}) {
    const { data } = await list(path, headers);
    return data.find((model) => model.name === name) as Model;
  }

  it('is there for everybody: names, sizes, qualities, styles, and what each size costs', async () => {
    expect(await named('gpt-image-2')).toEqual({
      name: 'gpt-image-2',
      description: 'GPT Image 2',
      summary: '任意比例、最高 4K 的照片、插画与清晰文字。',
      tags: [
        { 'en-US': 'photo', 'zh-CN': '照片' },
        { 'en-US': 'text in pictures', 'zh-CN': '图中文字' },
        { 'en-US': '4K', 'zh-CN': '4K' },
      ],
      sizes: expect.arrayContaining(['auto', '1024x1024', '3840x2160']),
      qualities: ['auto', 'low', 'medium', 'high'],
      styles: [],
      pricing: expect.arrayContaining([
        { size: 'auto', price: 2 },
        { size: '1024x1024', price: 2 },
        { size: '2048x2048', price: 4 },
        { size: '3840x2160', price: 6 },
      ]),
      available: true,
    });
    expect((await named('dall-e-3')).styles).toEqual(['vivid', 'natural']);
  });

  it('lists for edits what edits, and how many images one takes', async () => {
    const { data } = await list(EDIT_MODELS);
    expect((await named('gpt-image-2', EDIT_MODELS)).maxInputImages).toBe(16);
    expect(data.map(({ name }) => name)).not.toContain('dall-e-3');
  });

  it('speaks English where that is asked for', async () => {
    const headers = { 'accept-language': 'en-GB,en;q=0.9,zh;q=0.1' };
    const model = await named('easel-sketch', MODELS, headers);
    expect(model.description).toBe('Easel Sketch');
    expect(model.summary).toMatch(/^A picture composed on this server/);
    expect((await named('easel-sketch')).description).toBe('Easel 速写');
  });

  it('shows a key its own models and prices, and refuses one that is no key', async () => {
    const { secret, accountId } = await client.given(0, { models: ['gpt-image-2'] });
    await app.database.query('UPDATE accounts SET price_factor = 750 WHERE id = $1', [accountId]);

    const { data } = await list(MODELS, { 'x-api-key': secret });

    expect(data.map(({ name }) => name)).toEqual(['gpt-image-2']);
    const [{ pricing }] = data;
    expect(pricing).toContainEqual({ size: '1024x1024', price: 1.5, originPrice: 2 });
    const refused = await list(MODELS, { authorization: 'Bearer sk-nothing' });
    expect(refused.code).toBe(401);
  });

  it('says nothing but what is so: each size is taken, at the price named', async () => {
    const { data } = await list(MODELS);
    const { secret } = await client.given(0);
    const priced = data.flatMap(({ name: model, pricing }) =>
      pricing.map((price) => ({ model, ...price })),
    );
    for (const { model, size, quality, price } of priced) {
      const asked: Body = { model, size, quality, prompt: 'a' };
      const quote = await fetch(`${app.url}/v1/images/quote`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify(asked),
      });
      expect([asked, await quote.json()]).toEqual([
        asked,
        expect.objectContaining({ credits: price }),
      ]);
    }
    expect(priced.length).toBeGreaterThan(50);
    for (const { sizes, pricing } of data) {
      expect([...new Set(pricing.map(({ size }) => size))]).toEqual(sizes);
    }
  });

  it('is answered by nothing but GET', async () => {
    const answer = await client.send('POST', GENERATE, MODELS);
    expect([answer.status, answer.body.code]).toEqual([200, 405]);
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
  });
});
