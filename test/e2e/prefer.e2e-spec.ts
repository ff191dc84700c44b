import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';
import { readStream } from './event-reader.js';
import { type Body, SurfaceClient } from './openai-client.js';

const CREDITS = 100;
const PRICE = 2;
const REQUEST = { model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024' };
/** More than any of these needs on a slow machine. */
const LONGEST_SECONDS = 30;

describe('Prefer', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string };
  let client: SurfaceClient;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    const env = { ANSWER_DEADLINE_SECONDS: String(LONGEST_SECONDS) };
    app = await startApp({ stub: stub.baseUrl, env });
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

  function ask(prefer: string, more: Body = {}, headers: Record<string, string> = {}) {
    return client.post({ ...REQUEST, ...more }, { headers: { prefer, ...headers } });
  }

  /** Follows Location until the generation has ended. */
  async function ending(location: string): Promise<Body> {
    let state: Body = {};
    await until(async () => {
      state = (await (await client.get(location)).json()) as Body;
      return state.status !== 'pending' && state.status !== 'processing';
    });
    return state;
  }

  async function expectAccepted(answer: Response): Promise<string> {
    const id = answer.headers.get('x-generation-id') ?? '';
    const location = answer.headers.get('location') ?? '';
    expect([answer.status, location]).toEqual([202, `/v1/images/${id}`]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await answer.json()).toMatchObject({
      id,
      object: 'image.generation',
      status: 'processing',
      data: [],
      error: null,
      receipt: { held: PRICE, captured: 0 },
    });
    return location;
  }

  it.each([
    ['wait=20', 'wait=20'],
    ['wait=999999999', `wait=${LONGEST_SECONDS}`],
    ['respond-async, wait=20', 'wait=20'],
    ['handling=lenient; x=1, WAIT="20"', 'wait=20'],
  ])('%s answers with the pictures when they come in time', async (prefer, applied) => {
    const answer = await ask(prefer);
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([200, applied]);
    expect(await answer.json()).toMatchObject({ data: [{ b64_json: expect.any(String) }] });
  });

  it('wait=1 answers 202 after a second; the pictures are found and charged once', async () => {
    const release = stub.hold();
    const begun = performance.now();
    const location = await expectAccepted(await ask('wait=1'));
    expect(performance.now() - begun).toBeGreaterThan(950);
    release();
    expect(await ending(location)).toMatchObject({ status: 'succeeded', data: [{}] });
    expect(stub.calls).toHaveLength(1);
    expect(await app.balanceOf(customer.accountId)).toEqual({
      available: CREDITS - PRICE,
      held: 0,
    });
  });

  it('waits no longer than the server does at all: then 202, not 504', async () => {
    const hasty = await startApp({ stub: stub.baseUrl, env: { ANSWER_DEADLINE_SECONDS: '1' } });
    customer = await hasty.givenCustomer(CREDITS);
    client = new SurfaceClient(hasty, customer.secret);
    const release = stub.hold();
    const answer = await ask('wait=600');
    release();
    expect(answer.headers.get('preference-applied')).toBe('wait=1');
    await ending(await expectAccepted(answer));
    await hasty.stop();
  });

  it.each(['wait=0', 'respond-async', 'respond-async, wait=0', 'wait=0, wait=9'])(
    '%s answers 202 at once',
    async (prefer) => {
      const release = stub.hold();
      const answer = await ask(prefer);
      expect(stub.calls.every(({ outcome }) => outcome === 'open')).toBe(true);
      const applied = prefer === 'respond-async' ? prefer : 'wait=0';
      expect(answer.headers.get('preference-applied')).toBe(applied);
      const location = await expectAccepted(answer);
      release();
      expect(await ending(location)).toMatchObject({ status: 'succeeded' });
    },
  );

  it.each(['wait=-1', 'wait=1.5', 'wait=abc', 'wait=', 'wait', 'wait=1e3', 'wait=9999999999', ';'])(
    '%s is no preference: the answer is waited for',
    async (prefer) => {
      stub.always('ok', { latencyMs: 150 });
      const answer = await ask(prefer);
      expect([answer.status, answer.headers.get('preference-applied')]).toEqual([200, null]);
    },
  );

  it('respond-async tells a failure by the state, with everything given back', async () => {
    const release = stub.always('status-500').hold();
    const headers = { 'idempotency-key': `async-${customer.accountId}` };
    const location = await expectAccepted(await ask('respond-async', {}, headers));
    release();
    expect(await ending(location)).toMatchObject({
      status: 'failed',
      data: [],
      error: { type: 'server_error', code: 'upstream_unavailable', param: null },
      receipt: { held: PRICE, captured: 0, released: PRICE },
    });
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: CREDITS, held: 0 });
    const again = await ask('respond-async', {}, headers);
    expect([again.status, again.headers.get('location')]).toEqual([502, null]);
    expect([again.headers.get('x-should-retry'), stub.calls.length]).toEqual(['false', 1]);
  });

  it('respond-async refuses at once what is refused before it is accepted', async () => {
    expect((await ask('respond-async', { size: '17x17' })).status).toBe(400);
    const poor = await app.givenCustomer(0);
    client = new SurfaceClient(app, poor.secret);
    const { status, headers } = await ask('respond-async');
    expect([status, headers.get('location'), headers.get('x-generation-id')]).toEqual([
      402,
      null,
      null,
    ]);
    expect(stub.calls).toHaveLength(0);
  });

  it('of a repeat by key: 409 with the id when it asks for the id again, else it waits', async () => {
    const release = stub.hold();
    const headers = { 'idempotency-key': `again-${customer.accountId}` };
    const location = await expectAccepted(await ask('respond-async', {}, headers));
    const again = await ask('respond-async', {}, headers);
    expect([again.status, await again.json()]).toMatchObject([
      409,
      { error: { code: 'idempotency_in_progress' } },
    ]);
    expect(again.headers.get('location')).toBe(location);
    expect(again.headers.get('x-should-retry')).toBe('true');
    expect(again.headers.get('retry-after')).toBe('1');
    release();
    const waiting = await client.post(REQUEST, { headers });
    expect([waiting.status, waiting.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    const done = await ask('respond-async', {}, headers);
    expect([done.status, done.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(stub.calls).toHaveLength(1);
  });

  it('does not apply to a stream, which says so by not naming it', async () => {
    const answer = await ask('respond-async', { stream: true });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([200, null]);
    const { events } = await readStream(answer);
    expect(events.at(-1)?.event).toBe('image_generation.completed');
  });

  it('leads below the alias that was asked', async () => {
    const path = '/aiimg/v1/images/generations';
    const answer = await client.post(REQUEST, { path, headers: { prefer: 'respond-async' } });
    const id = answer.headers.get('x-generation-id');
    expect([answer.status, answer.headers.get('location')]).toEqual([
      202,
      `/aiimg/v1/images/${id}`,
    ]);
    await ending(`/aiimg/v1/images/${id}`);
  });
});
