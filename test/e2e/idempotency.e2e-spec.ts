import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';
import { readStream } from './event-reader.js';
import { type Body, SurfaceClient } from './openai-client.js';

const CREDITS = 100;
const PRICE = 2;
const REQUEST = { model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024' };
const STREAM = { ...REQUEST, stream: true, partial_images: 2 };
const KEY = 'order-1';

describe('an Idempotency-Key', () => {
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
    client = as(customer.secret);
    stub.reset();
  });

  afterEach(async () => {
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
  });

  afterAll(async () => {
    await app.stop();
    await stub.close();
  });

  const as = (secret: string): SurfaceClient => new SurfaceClient(app, secret);
  const spent = async () => CREDITS - (await app.balanceOf(customer.accountId)).available;
  const idOf = ({ headers }: Response) => headers.get('x-generation-id');
  const isReplay = ({ headers }: Response) => headers.get('idempotent-replayed') === 'true';

  function ask(body: Body = REQUEST, key = KEY, by = client): Promise<Response> {
    return by.post(body, { headers: { 'idempotency-key': key } });
  }

  it('replays a success to every key of the account, and to no other account', async () => {
    const first = await ask();
    const other = await app.givenKey(customer.accountId);
    const replay = await ask(REQUEST, KEY, as(other.secret));
    expect([replay.status, isReplay(replay), idOf(replay)]).toEqual([200, true, idOf(first)]);
    expect(await replay.json()).toEqual(await first.json());
    const stranger = await app.givenCustomer(CREDITS);
    const own = await ask(REQUEST, KEY, as(stranger.secret));
    expect([own.status, isReplay(own)]).toEqual([200, false]);
    expect(idOf(own)).not.toBe(idOf(first));
    expect([await spent(), stub.calls.length]).toEqual([PRICE, 2]);
  });

  it('replays what was paid also when nothing is left to pay with', async () => {
    const poor = await app.givenCustomer(PRICE);
    expect((await ask(REQUEST, KEY, as(poor.secret))).status).toBe(200);
    expect((await ask(REQUEST, KEY, as(poor.secret))).status).toBe(200);
    expect((await ask(REQUEST, 'another', as(poor.secret))).status).toBe(402);
  });

  it.each<[string, Body]>([
    ['the prompt', { ...REQUEST, prompt: 'another' }],
    ['one field more', { ...REQUEST, n: 1 }],
    ['stream', STREAM],
  ])('is 422 when %s differs, while it runs and afterwards', async (_what, body) => {
    const release = stub.hold();
    const first = ask();
    await until(() => stub.inFlight === 1);
    const whileItRuns = await ask(body);
    release();
    await first;
    for (const answer of [whileItRuns, await ask(body)]) {
      expect([answer.status, await answer.json()]).toMatchObject([
        422,
        { error: { code: 'idempotency_key_reused' } },
      ]);
      expect([answer.headers.get('x-should-retry'), idOf(answer)]).toEqual(['false', null]);
    }
    expect([await spent(), stub.calls.length]).toEqual([PRICE, 1]);
  });

  it('is the same for another order of fields, another spelling of the route', async () => {
    const first = await ask();
    const { model, prompt, size } = REQUEST;
    const headers = { 'idempotency-key': KEY };
    const path = '/v1/images/generations/';
    const again = await client.post({ size, prompt, model }, { path, headers });
    expect([again.status, idOf(again)]).toEqual([200, idOf(first)]);
  });

  it('waits for the first while it runs, however often it is asked', async () => {
    stub.always('ok', { latencyMs: 400 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask()));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect(answers.filter(isReplay)).toHaveLength(7);
    expect([await spent(), stub.calls.length]).toEqual([PRICE, 1]);
  });

  it.each([
    ['status-500', 502, 'upstream_unavailable'],
    ['refused', 400, 'content_policy_violation'],
    ['html', 502, 'upstream_invalid_response'],
    ['insufficient-quota', 503, 'model_unavailable'],
  ] as const)('replays a failure that may have cost something: %s', async (how, status, code) => {
    stub.next(how);
    const [first, again] = [await ask(), await ask()];
    expect([first.status, again.status]).toEqual([status, status]);
    expect([isReplay(first), isReplay(again)]).toEqual([false, true]);
    expect([idOf(again), again.headers.get('x-should-retry')]).toEqual([idOf(first), 'false']);
    expect(await again.json()).toEqual(await first.json());
    expect(code).toBe(((await state(first)).error as Body).code);
    expect([await spent(), stub.calls.length]).toEqual([0, 1]);
  });

  async function state(answer: Response): Promise<Body> {
    return (await (await client.get(`/v1/images/${idOf(answer)}`)).json()) as Body;
  }

  it('is free again after a failure that may be retried', async () => {
    const { secret } = await app.givenKey(customer.accountId, { mode: 'test' });
    const body = { ...REQUEST, prompt: '[[easel:unavailable]] a boat' };
    const [first, again] = [await ask(body, KEY, as(secret)), await ask(body, KEY, as(secret))];
    expect([first, again].map((answer) => answer.headers.get('x-should-retry'))).toEqual([
      'true',
      'true',
    ]);
    expect([isReplay(again), idOf(again) === idOf(first)]).toEqual([false, false]);
    const other = await ask({ ...body, prompt: 'a boat' }, KEY, as(secret));
    expect([other.status, isReplay(other)]).toEqual([200, false]);
  });

  it('is bound by nothing that was refused before it was accepted', async () => {
    expect((await ask({ ...REQUEST, size: '17x17' })).status).toBe(400);
    const poor = await app.givenCustomer(0);
    expect((await ask(REQUEST, KEY, as(poor.secret))).status).toBe(402);
    expect((await ask({ ...REQUEST, model: 'nothing' })).status).toBe(404);
    const answer = await ask();
    expect([answer.status, isReplay(answer)]).toEqual([200, false]);
  });

  it('is forgotten after a day, not an hour before', async () => {
    const first = await ask();
    await later(23);
    expect(idOf(await ask())).toBe(idOf(first));
    await later(1);
    const next = await ask({ ...REQUEST, prompt: 'another' });
    expect([next.status, isReplay(next)]).toEqual([200, false]);
    expect(idOf(await ask({ ...REQUEST, prompt: 'another' }))).toBe(idOf(next));
    expect([await spent(), stub.calls.length]).toEqual([2 * PRICE, 2]);
  });

  /** As if so many hours had passed since the keys were bound. */
  async function later(hours: number): Promise<void> {
    await app.database.query(
      `UPDATE idempotency_keys SET expires_at = expires_at - make_interval(hours => $2)
        WHERE account_id = $1`,
      [customer.accountId, hours],
    );
  }

  it('gives a stream again from what was stored, without previews or a second call', async () => {
    stub.always('stream');
    const first = await readStream(await ask(STREAM));
    const again = await ask(STREAM);
    expect([isReplay(again), again.headers.get('x-generation-id')]).toEqual([
      true,
      first.headers.get('x-generation-id'),
    ]);
    const { events } = await readStream(again);
    // An event says when it was made, and this one was made again.
    const { created_at: _made, ...completed } = first.events.at(-1)?.data ?? {};
    expect(events).toMatchObject([
      {
        event: 'image_generation.completed',
        data: { ...completed, created_at: expect.any(Number) },
      },
    ]);
    expect([await spent(), stub.calls.length]).toEqual([PRICE, 1]);
  });

  it('lets a stream join what still runs, and gives a failed one its error again', async () => {
    stub.always('stream', { gapMs: 150 });
    const [first, second] = await Promise.all([ask(STREAM), ask(STREAM)]);
    const streams = await Promise.all([first, second].map(readStream));
    expect(streams.map(({ events }) => events.at(-1)?.event)).toEqual([
      'image_generation.completed',
      'image_generation.completed',
    ]);
    expect(stub.calls).toHaveLength(1);
    stub.always('stream-error');
    const failed = [await ask(STREAM, 'failing'), await ask(STREAM, 'failing')];
    const errors = (await Promise.all(failed.map(readStream))).map(({ events }) => events.at(-1));
    expect(errors.map((last) => [last?.event, last?.data])).toEqual(
      errors.map(() => ['error', errors[0]?.data]),
    );
    expect([await spent(), stub.calls.length]).toEqual([PRICE, 2]);
  });

  it('leads from a 202 to the pictures', async () => {
    const release = stub.hold();
    const headers = { 'idempotency-key': KEY, prefer: 'wait=0' };
    const begun = await client.post(REQUEST, { headers });
    release();
    const answer = await ask();
    expect([begun.status, answer.status, isReplay(answer)]).toEqual([202, 200, true]);
    expect(idOf(answer)).toBe(idOf(begun));
    expect([await spent(), stub.calls.length]).toEqual([PRICE, 1]);
  });

  it.each(['', 'a b', 'x'.repeat(256), 'é'])('of %j is a mistake, named', async (key) => {
    const answer = await ask(REQUEST, key);
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: { code: 'invalid_value', param: 'Idempotency-Key' } },
    ]);
    expect(stub.calls).toHaveLength(0);
  });
});

describe('the id of a generation', () => {
  it('is in the headers of a stream before its first event, and of every later failure', async () => {
    const stub = await startUpstreamStub();
    const app = await startApp({ stub: stub.baseUrl, env: { ANSWER_DEADLINE_SECONDS: '3' } });
    try {
      const { secret } = await app.givenCustomer(CREDITS);
      const client = new SurfaceClient(app, secret);
      const release = stub.always('stream').hold();
      const begun = await client.post(STREAM);
      const id = begun.headers.get('x-generation-id');
      expect(stub.calls.map(({ outcome }) => outcome)).not.toContain('answered');
      const state = (await (await client.get(`/v1/images/${id}`)).json()) as Body;
      expect(state).toMatchObject({ id, status: 'processing' });
      release();
      await readStream(begun);
      const failures: [Body, number][] = [];
      for (const how of ['status-500', 'refused', 'html', 'hang'] as const) {
        stub.always(how);
        const answer = await client.post(REQUEST);
        const found = await client.get(`/v1/images/${answer.headers.get('x-generation-id')}`);
        failures.push([(await found.json()) as Body, answer.status]);
      }
      expect(failures).toMatchObject([
        [{ status: 'failed' }, 502],
        [{ status: 'failed' }, 400],
        [{ status: 'failed' }, 502],
        [{ status: 'processing' }, 504],
      ]);
    } finally {
      await app.stop();
      await stub.close();
    }
  });
});
