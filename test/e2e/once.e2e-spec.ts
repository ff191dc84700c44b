import OpenAI from 'openai';
import { type TestApp, startApp } from '../support/app.js';
import { BreakingProxy, type Fate } from '../support/breaking-proxy.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';
import { SurfaceClient } from './openai-client.js';

const CREDITS = 100;
const PRICE = 2;
const REQUEST = { model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024' } as const;
const PASS: Fate = { kind: 'pass' };

describe('one wish of a client with the defaults of the official SDK', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let proxy: BreakingProxy;
  let fates: Fate[];
  let customer: { accountId: string; secret: string };

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl, env: { ANSWER_DEADLINE_SECONDS: '6' } });
    proxy = await BreakingProxy.start(Number(new URL(app.url).port), () => fates.shift() ?? PASS);
  });

  beforeEach(async () => {
    customer = await app.givenCustomer(CREDITS);
    fates = [];
    stub.reset();
  });

  afterEach(async () => {
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
  });

  afterAll(async () => {
    await proxy.stop();
    await app.stop();
    await stub.close();
  });

  /** As it is: two retries, connections kept alive. */
  function sdk(options: { timeout?: number } = {}): OpenAI {
    return new OpenAI({ apiKey: customer.secret, baseURL: `${proxy.url}/v1`, ...options });
  }

  async function counts(): Promise<object> {
    const [{ generations }] = await app.database.query<{ generations: number }>(
      'SELECT count(*)::int AS generations FROM generations WHERE account_id = $1',
      [customer.accountId],
    );
    const { available, held } = await app.balanceOf(customer.accountId);
    const upstream = stub.calls.length;
    const spent = CREDITS - available - held;
    const { currentTestName: name } = expect.getState();
    process.stdout.write(
      `${name}: ${upstream} upstream calls, ${generations} generations, ${spent} credits\n`,
    );
    return { upstream, generations, spent, held };
  }

  const ONCE = { upstream: 1, generations: 1, spent: PRICE, held: 0 };

  it('asks once when the upstream failed after it was called, and pays nothing', async () => {
    stub.always('status-500');
    const error = await sdk()
      .images.generate(REQUEST)
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(error).toMatchObject({ status: 502, code: 'upstream_unavailable' });
    expect(error).toMatchObject({ requestID: expect.any(String) as string });
    expect(await counts()).toEqual({ upstream: 1, generations: 1, spent: 0, held: 0 });
  });

  it.each<[string, Fate[], number]>([
    ['while the upstream works', [{ kind: 'reset-after', ms: 250 }], 700],
    ['behind the answer, in good order', [{ kind: 'swallow' }], 0],
    ['in the first bytes of the answer', [{ kind: 'reset-within', bytes: 1 }], 0],
    [
      'twice, at different times',
      [
        { kind: 'reset-after', ms: 200 },
        { kind: 'reset-within', bytes: 1 },
      ],
      400,
    ],
  ])('pays once for one picture when the connection breaks %s', async (_when, sent, latencyMs) => {
    fates = [...sent];
    const broken = proxy.broken;
    stub.always('ok', { latencyMs });
    const { data } = await sdk().images.generate(REQUEST);
    expect(data?.[0].b64_json).toMatch(/^iVBORw0KGgo/);
    expect(proxy.broken - broken).toBe(sent.length);
    expect(await counts()).toEqual(ONCE);
  });

  it('gives the picture again when it broke half-way, which no SDK retries by itself', async () => {
    fates = [{ kind: 'reset-within', bytes: 1500 }];
    await expect(sdk().images.generate(REQUEST)).rejects.toThrow('terminated');
    const { data } = await sdk().images.generate(REQUEST);
    expect(data?.[0].b64_json).toMatch(/^iVBORw0KGgo/);
    expect(await counts()).toEqual(ONCE);
  });

  it('is led to the picture after it gave up: by asking again, or by the list', async () => {
    fates = Array.from({ length: 3 }, () => ({ kind: 'reset-after', ms: 60 }));
    const release = stub.hold();
    await expect(sdk().images.generate(REQUEST)).rejects.toThrow(OpenAI.APIConnectionError);
    release();
    const { data } = await sdk().images.generate(REQUEST);
    expect(data).toHaveLength(1);
    expect(await counts()).toEqual(ONCE);
    const list = await new SurfaceClient(app, customer.secret).get('/v1/images');
    expect(await list.json()).toMatchObject({ data: [{ status: 'succeeded', data: [{}] }] });
  });

  it('pays once when the answer comes later than the client waits', async () => {
    stub.always('ok', { latencyMs: 3_000 });
    const { data } = await sdk({ timeout: 2_000 }).images.generate(REQUEST);
    expect(data).toHaveLength(1);
    expect(await counts()).toEqual(ONCE);
  });

  it('pays once when the server ends the wait: 504 is not retried, and asking again joins', async () => {
    const release = stub.hold();
    const error = await sdk()
      .images.generate(REQUEST)
      .catch((caught: unknown) => caught);
    release();
    expect(error).toMatchObject({ status: 504, code: 'generation_in_progress' });
    const answer = await new SurfaceClient(app, customer.secret).post(REQUEST);
    expect([answer.status, answer.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(await counts()).toEqual(ONCE);
  });

  it('pays for each of two wishes that look alike', async () => {
    const client = sdk();
    stub.always('ok', { latencyMs: 200 });
    await Promise.all([client.images.generate(REQUEST), client.images.generate(REQUEST)]);
    await client.images.generate(REQUEST);
    expect(await counts()).toEqual({ upstream: 3, generations: 3, spent: 3 * PRICE, held: 0 });
  });

  it('gives each of two lost wishes that look alike a picture of its own', async () => {
    fates = [
      { kind: 'reset-after', ms: 150 },
      { kind: 'reset-after', ms: 150 },
    ];
    stub.always('ok', { latencyMs: 400 });
    const client = sdk();
    const asked = [1, 2].map(() => client.images.generate(REQUEST).withResponse());
    const ids = (await Promise.all(asked)).map(({ response }) =>
      response.headers.get('x-generation-id'),
    );
    expect(new Set(ids).size).toBe(2);
    expect(await counts()).toEqual({ upstream: 2, generations: 2, spent: 2 * PRICE, held: 0 });
  });

  it('starts anew with x-easel-no-join, and writes nothing for answers that arrive', async () => {
    const client = new SurfaceClient(app, customer.secret);
    fates = [{ kind: 'reset-within', bytes: 1 }];
    await fetch(`${proxy.url}/v1/images/generations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${customer.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(REQUEST),
    }).catch(() => undefined);
    await until(async () => (await marks('WHERE undelivered')).length === 1);
    const before = await client.post(REQUEST, { headers: { 'x-easel-no-join': '1' } });
    expect(before.headers.get('idempotent-replayed')).toBeNull();
    const [version] = await marks(`WHERE id = '${before.headers.get('x-generation-id')}'`);
    expect((await client.post(REQUEST)).headers.get('idempotent-replayed')).toBe('true');
    const plain = await client.post(REQUEST);
    expect(plain.headers.get('idempotent-replayed')).toBeNull();
    await plain.json();
    const [after] = await marks(`WHERE id = '${before.headers.get('x-generation-id')}'`);
    expect(after).toEqual(version);
    expect(await marks('WHERE undelivered')).toEqual([]);
  });

  /** Row versions: a row that is written again has another one. */
  function marks(where: string): Promise<{ id: string; version: string }[]> {
    return app.database.query(
      `SELECT id, ctid::text || xmin::text AS version FROM generations ${where}`,
    );
  }
});
