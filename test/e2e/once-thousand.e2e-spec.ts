import OpenAI from 'openai';
import { type TestApp, startApp } from '../support/app.js';
import { BreakingProxy, type Fate } from '../support/breaking-proxy.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { SurfaceClient } from './openai-client.js';

const WISHES = 1000;
/** Ten wishes that look alike each: what is lost of one must not be had by another. */
const BODIES = 100;
const AT_ONCE = 16;
const PRICE = 2;
const SEED = 20_261_120;

describe('a thousand wishes, a third of the answers broken', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let proxy: BreakingProxy;
  let sdk: OpenAI;
  let customer: { accountId: string; secret: string };
  const random = mulberry(SEED);
  const drawn = new Map<string, number>();

  beforeAll(async () => {
    stub = await startUpstreamStub();
    stub.always('ok', { size: { width: 64, height: 64 }, latencyMs: 20 });
    app = await startApp({ stub: stub.baseUrl });
    proxy = await BreakingProxy.start(Number(new URL(app.url).port), () => drawFate());
    customer = await app.givenCustomer(WISHES * PRICE * 2);
    sdk = new OpenAI({ apiKey: customer.secret, baseURL: `${proxy.url}/v1` });
  });

  afterAll(async () => {
    await proxy.stop();
    await app.stop();
    await stub.close();
  });

  function drawFate(): Fate {
    const fate = random() < 2 / 3 ? ({ kind: 'pass' } as const) : drawBreak();
    drawn.set(fate.kind, (drawn.get(fate.kind) ?? 0) + 1);
    return fate;
  }

  function drawBreak(): Fate {
    const kind = Math.floor(random() * 4);
    if (kind === 0) return { kind: 'reset-after', ms: Math.floor(random() * 60) };
    if (kind === 1) return { kind: 'reset-within', bytes: 1 + Math.floor(random() * 700) };
    return { kind: kind === 2 ? 'swallow' : 'refuse' };
  }

  /** Asks until it has a picture, as people do when the SDK gives up. */
  async function wish(body: number): Promise<string> {
    const request = {
      model: 'gpt-image-2',
      prompt: `wish ${body}`,
      size: '1024x1024',
      response_format: 'url',
    } as const;
    for (let retry = 0; ; retry += 1) {
      try {
        const headers = { 'x-stainless-retry-count': String(retry) };
        const options = retry === 0 ? {} : { headers };
        const answer = await sdk.images.generate(request, options).withResponse();
        expect(answer.data.data?.[0].url).toMatch(/\/files\//);
        return answer.response.headers.get('x-generation-id') ?? '';
      } catch (error) {
        const lost = error instanceof OpenAI.APIConnectionError || error instanceof TypeError;
        if (!lost) throw error;
      }
    }
  }

  it('pays once for each, gives each its own, and every paid picture can be fetched', async () => {
    const ids: string[] = [];
    const wishes = Array.from({ length: WISHES }, (_, i) => i % BODIES);
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let body = wishes.pop(); body !== undefined; body = wishes.pop()) {
          ids.push(await wish(body));
        }
      }),
    );

    const { available, held } = await app.balanceOf(customer.accountId);
    const [{ generations }] = await app.database.query<{ generations: number }>(
      'SELECT count(*)::int AS generations FROM generations',
    );
    const fates = [...drawn].map(([kind, times]) => `${kind} ${times}`).join(', ');
    process.stdout.write(
      `${WISHES} wishes (${fates}; ${proxy.broken} connections broken): ${stub.calls.length} ` +
        `upstream calls, ${generations} generations, ${WISHES * PRICE * 2 - available} credits\n`,
    );
    expect(proxy.broken).toBeGreaterThan(WISHES / 4);
    expect({ own: new Set(ids).size, generations, upstream: stub.calls.length }).toEqual({
      own: WISHES,
      generations: WISHES,
      upstream: WISHES,
    });
    expect({ spent: WISHES * PRICE * 2 - available, held }).toEqual({
      spent: WISHES * PRICE,
      held: 0,
    });
    expect(await fetchable()).toBe(WISHES);
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
  }, 300_000);

  /** Pictures behind the links that the list gives. */
  async function fetchable(): Promise<number> {
    const client = new SurfaceClient(app, customer.secret);
    let found = 0;
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await client.get(`/v1/images?limit=100&cursor=${cursor}`);
      const { data, next_cursor } = (await page.json()) as {
        data: { data: { url: string }[] }[];
        next_cursor: string | null;
      };
      const links = data.flatMap((generation) => generation.data.map(({ url }) => url));
      const heads = await Promise.all(links.map((link) => fetch(link, { method: 'HEAD' })));
      found += heads.filter(({ status }) => status === 200).length;
      cursor = next_cursor;
    }
    return found;
  }
});

/** A small generator of numbers from 0 to 1, the same for the same seed. */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
