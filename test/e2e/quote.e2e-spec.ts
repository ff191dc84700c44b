import { setTimeout as pause } from 'node:timers/promises';
import type { CatalogModel } from '../../src/models/index.js';
import { AdminClient } from '../support/admin-client.js';
import { type TestApp, startApp } from '../support/app.js';
import { snapshot } from '../support/resolving.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { type Body, SurfaceClient } from './openai-client.js';

const CREDITS = 100_000;
const AT_ONCE = 4;
const REQUEST = { model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024' };
const QUOTE = { path: '/v1/images/quote' };

/** Every size and quality the catalog publishes for a model, once, and each size for two. */
function everything({ sizes, options, countMax }: CatalogModel): Body[] {
  const named = sizes.list.map(({ width, height }) => `${width}x${height}`);
  const auto = sizes.autoTier === null ? [] : ['auto'];
  return [...auto, ...named].flatMap((size) => [
    ...qualitiesOf(options).map((quality) => ({ size, quality })),
    ...(countMax > 1 ? [{ size, n: 2 }] : []),
  ]);
}

/** A size of each tier, in every quality. */
function ofEachTier({ sizes, options }: CatalogModel): Body[] {
  const smallest = [...sizes.byName].reverse().filter(([, { size }]) => size !== 'auto');
  const byTier = new Map(smallest.map(([name, { tier }]) => [tier, name]));
  return [...byTier.values()].flatMap((size) =>
    qualitiesOf(options).map((quality) => ({ size, quality })),
  );
}

function qualitiesOf({ quality }: CatalogModel['options']): readonly (string | undefined)[] {
  return quality.length > 0 ? quality : [undefined];
}

describe('POST /v1/images/quote', () => {
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

  /** A machine that is busy with other tests may keep the database from answering in time. */
  async function post(...args: Parameters<SurfaceClient['post']>): Promise<Response> {
    for (let turn = 0; ; turn += 1) {
      const answer = await client.post(...args);
      if (answer.status !== 503 || turn === 20) return answer;
      await pause(250);
    }
  }

  async function quote(body: Body): Promise<Body> {
    const answer = await post(body, QUOTE);
    expect(answer.status).toBe(200);
    return (await answer.json()) as Body;
  }

  /** Asks for what was quoted, agreeing to no more than that. */
  async function receiptFor(body: Body, quoted: Body): Promise<Body> {
    const headers = { 'x-max-credits': String(quoted.credits) };
    const answer = await post({ ...body, response_format: 'url' }, { headers });
    const state = await client.get(`/v1/images/${answer.headers.get('x-generation-id')}`);
    const { receipt } = (await state.json()) as { receipt: Body };
    expect([body, answer.status, receipt]).toMatchObject([
      body,
      200,
      {
        held: quoted.credits,
        unit_credits: quoted.unit_credits,
        tier: quoted.tier,
        quality: quoted.quality,
        catalog_version: quoted.catalog_version,
      },
    ]);
    return receipt;
  }

  async function charge(body: Body): Promise<Body> {
    const quoted = await quote(body);
    const { captured, released, lines } = await receiptFor(body, quoted);
    expect({ captured, released, lines }).toEqual({
      captured: quoted.credits,
      released: 0,
      lines: quoted.lines,
    });
    return quoted;
  }

  /** The sum of what was quoted, credits. */
  async function each(bodies: Body[], ask: (body: Body) => Promise<Body>): Promise<number> {
    let milli = 0;
    const work = async () => {
      for (let body = bodies.pop(); body; body = bodies.pop()) {
        const { credits } = await ask(body);
        milli += Math.round(Number(credits) * 1000);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return milli / 1000;
  }

  // The one model that is drawn here has one price; to draw it in every size would take minutes.
  const sold = snapshot.catalog.available.filter(({ name }) => name !== 'easel-sketch');
  const models = sold.map((model) => [model.name, model] as const);
  const LONG_MS = 120_000;

  it.each(models)(
    '%s: is what is then held, for every size, quality and number',
    async (name, model) => {
      stub.always('ok', { size: { width: 64, height: 64 } });
      await each(everything(model), async (more) => {
        const body = { ...REQUEST, model: name, ...more };
        const quoted = await quote(body);
        await receiptFor(body, quoted);
        return quoted;
      });
      expect((await app.balanceOf(customer.accountId)).held).toBe(0);
    },
    LONG_MS,
  );

  it.each(models)(
    '%s: is what is then charged for what comes as it was asked',
    async (name, model) => {
      const sum = await each(ofEachTier(model), (more) =>
        charge({ ...REQUEST, model: name, ...more }),
      );
      expect(await app.balanceOf(customer.accountId)).toEqual({
        available: CREDITS - sum,
        held: 0,
      });
    },
    LONG_MS,
  );

  it.each<[Body, Body]>([
    [
      { model: 'easel-sketch', n: 3, size: '256x256' },
      { credits: 3, unit_credits: 1 },
    ],
    [
      { model: 'gemini-3.1-flash-image-preview', thinking_level: 'deep', n: 2 },
      { credits: 8, unit_credits: 4, lines: [{ amount: 6 }, { amount: 2, quantity: 2 }] },
    ],
    [
      { aspect_ratio: '16:9', resolution: '4k', size: undefined },
      { credits: 6, tier: '4k' },
    ],
    [
      { model: 'gpt-image-2.6-flare', quality: 'max', n: '2' },
      { credits: 8, quality: 'max' },
    ],
    [{ model: 'openai:gpt-image-2', style: 'vivid', quality: 'hd' }, { quality: 'high' }],
  ])('of %j is charged as well', async (more, expected) => {
    expect(await charge({ ...REQUEST, ...more })).toMatchObject(expected);
  });

  it("is at the account's own factor, to the thousandth", async () => {
    const admin = new AdminClient(() => app);
    await admin.call('patch', `accounts/${customer.accountId}`, { priceFactor: 333 }).expect(200);
    const { secret } = await app.givenKey(customer.accountId);
    client = new SurfaceClient(app, secret);
    expect(await charge({ ...REQUEST, n: 3 })).toMatchObject({
      credits: 1.998,
      unit_credits: 0.666,
    });
  });

  it('moves nothing and asks nobody, also of an account without a credit', async () => {
    const poor = await app.givenCustomer(0);
    client = new SurfaceClient(app, poor.secret);
    expect(await quote({ ...REQUEST, n: 2 })).toEqual({
      credits: 4,
      unit_credits: 2,
      tier: '1k',
      quality: 'auto',
      n: 2,
      catalog_version: 1,
      lines: [expect.objectContaining({ quantity: 2, unit: 2, amount: 4 })],
    });
    const edit = { ...REQUEST, images: 2, mask: true };
    expect(await quote(edit)).toMatchObject({ credits: 2 });
    const list = await client.get('/v1/images');
    expect(await list.json()).toMatchObject({ data: [] });
    expect(stub.calls).toHaveLength(0);
    expect(await app.balanceOf(poor.accountId)).toEqual({ available: 0, held: 0 });
  });

  it.each<[Body, object]>([
    [{ prompt: undefined }, {}],
    [{ prompt: ' ' }, {}],
    [{ prompt: 'x\u0000' }, {}],
    [{ prompt: 'x'.repeat(32_001) }, {}],
    [{ model: 'nothing' }, {}],
    [{ size: '1000x1000' }, {}],
    [{ size: 7 }, {}],
    [{ quality: 'best' }, {}],
    [{ n: 11 }, {}],
    [{ n: 1.5 }, {}],
    [{ aspect_ratio: '1:1', resolution: '4k', size: undefined }, {}],
    [{ background: 'transparent', output_format: 'jpeg' }, {}],
    [{ output_format: 'gif' }, {}],
    [{ response_format: 'jpg' }, {}],
    [{}, { models: ['easel-sketch'] }],
    [{}, { scopes: ['images.read'] }],
    [{ size: '2048x2048' }, { mode: 'test' }],
    [{ model: 'gpt-image-2.6-flare', output_format: 'gif' }, { mode: 'test' }],
  ])('of %j by a key with %j is refused as the request would be', async (more, key) => {
    const { secret } = await app.givenKey(customer.accountId, key);
    client = new SurfaceClient(app, secret);
    const body = { ...REQUEST, ...more };
    const [quoted, asked] = [await client.post(body, QUOTE), await client.post(body)];
    expect(quoted.status).toBeGreaterThanOrEqual(400);
    expect([quoted.status, await quoted.json()]).toEqual([asked.status, await asked.json()]);
    expect(stub.calls).toHaveLength(0);
  });

  it('of a test key is free', async () => {
    const { secret } = await app.givenKey(customer.accountId, { mode: 'test' });
    client = new SurfaceClient(app, secret);
    expect(await quote(REQUEST)).toMatchObject({ credits: 0, unit_credits: 0, lines: [] });
  });
});
