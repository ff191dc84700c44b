import { createHash } from 'node:crypto';
import { type TestApp, startApp, stubUpstream } from '../support/app.js';
import {
  type BehaviourName,
  type BehaviourOptions,
  startUpstreamStub,
  type UpstreamStub,
} from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';
import { readStream } from './event-reader.js';
import { type Body, SurfaceClient } from './openai-client.js';

const CREDITS = 100;
const PRICE = 2;
const REQUEST = { model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024' };
const STREAM = { ...REQUEST, stream: true, partial_images: 2 };

describe('a stream that', () => {
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

  afterEach(async () => {
    expect((await app.checkLedger()).violations).toEqual([]);
  });

  afterAll(async () => {
    await app.stop();
    await stub.close();
  });

  const stream = async (body: Body, options?: Parameters<SurfaceClient['post']>[1]) =>
    readStream(await client.post(body, options));
  const sha256 = (data: Body) =>
    createHash('sha256')
      .update(Buffer.from(data.b64_json as string, 'base64'))
      .digest('hex');
  const balance = () => app.balanceOf(customer.accountId);
  const state = async (headers: Headers): Promise<Body> =>
    (await (await client.get(`/v1/images/${headers.get('x-generation-id')}`)).json()) as Body;

  describe('when it fails', () => {
    it.each<[BehaviourName, BehaviourOptions, string, string, number]>([
      ['stream-cut-between', {}, 'server_error', 'upstream_unavailable', 2],
      ['stream-cut-mid-image', {}, 'server_error', 'upstream_unavailable', 2],
      ['stream-ends-early', {}, 'server_error', 'upstream_unavailable', 2],
      [
        'stream-error',
        { error: { code: 'moderation_blocked' } },
        'image_generation_user_error',
        'content_policy_violation',
        2,
      ],
      ['stream-error', {}, 'server_error', 'upstream_unavailable', 2],
      [
        'stream-error-as-data',
        { error: { code: 'rate_limit_exceeded' } },
        'server_error',
        'model_unavailable',
        2,
      ],
      ['truncated-png', {}, 'server_error', 'upstream_invalid_response', 0],
      ['status-500', {}, 'server_error', 'upstream_unavailable', 0],
      ['reset-before-headers', {}, 'server_error', 'upstream_unavailable', 0],
    ])(
      'after %s %j the last event is an error, and nothing is charged',
      async (behaviour, options, type, code, previews) => {
        stub.always(behaviour, options);
        const { status, headers, events } = await stream(STREAM);
        expect([status, headers.get('content-type')]).toEqual([
          200,
          'text/event-stream; charset=utf-8',
        ]);
        expect(events.slice(0, -1).map(({ event }) => event)).toEqual(
          Array.from({ length: previews }, () => 'image_generation.partial_image'),
        );
        const { event, data } = events.at(-1)!;
        expect([event, Object.keys(data)]).toEqual(['error', ['error']]);
        expect(data.error).toEqual({ message: expect.any(String), type, param: null, code });
        // It was released before it was said.
        expect(await balance()).toEqual({ available: CREDITS, held: 0 });
        expect(await state(headers)).toMatchObject({ status: 'failed', error: { code } });
      },
    );

    it('ends with an error also when a preview is cut in the middle', async () => {
      stub.always('stream-cut-mid-preview', { partialBytes: 400_000 });
      const { events } = await stream(STREAM);
      expect(events.at(-1)).toMatchObject({
        event: 'error',
        data: { error: { code: 'upstream_unavailable' } },
      });
      expect(await balance()).toEqual({ available: CREDITS, held: 0 });
    });

    it('hands on no preview that is no picture; the image still comes', async () => {
      stub.always('stream-junk-preview');
      const { events } = await stream(STREAM);
      expect(events.map(({ event }) => event)).toEqual(['image_generation.completed']);
    });

    it.each<[string, Body, number, string]>([
      ['a bad size', { ...STREAM, size: '7x7' }, 400, 'invalid_value'],
      ['too many previews', { ...STREAM, partial_images: 4 }, 400, 'invalid_value'],
      ['no such model', { ...STREAM, model: 'none' }, 404, 'model_not_found'],
      [
        'a price beyond the balance',
        { ...STREAM, n: 10, size: '3840x2160' },
        402,
        'insufficient_credits',
      ],
    ])(
      'before it was accepted, for %s, it is JSON with its status',
      async (_, body, status, code) => {
        customer = await app.givenCustomer(PRICE);
        const answer = await new SurfaceClient(app, customer.secret).post(body);
        expect([answer.status, answer.headers.get('content-type')]).toEqual([
          status,
          'application/json; charset=utf-8',
        ]);
        expect(await answer.json()).toMatchObject({ error: { code } });
        expect(await balance()).toEqual({ available: PRICE, held: 0 });
      },
    );

    it('fails over to the next upstream, whose events follow', async () => {
      const [broken, working] = [await startUpstreamStub(), await startUpstreamStub()];
      const other = await startApp({
        upstreams: [
          stubUpstream(broken.baseUrl, { name: 'first', priority: 20 }),
          stubUpstream(working.baseUrl, { name: 'second' }),
        ],
      });
      broken.always('stream-error', { partials: 1 });
      const { accountId, secret } = await other.givenCustomer(CREDITS);
      const { events } = await readStream(await new SurfaceClient(other, secret).post(STREAM));
      expect(events.map(({ event, data }) => [event, data.partial_image_index])).toEqual([
        ['image_generation.partial_image', 0],
        ['image_generation.partial_image', 0],
        ['image_generation.partial_image', 1],
        ['image_generation.completed', undefined],
      ]);
      expect(await other.balanceOf(accountId)).toEqual({ available: CREDITS - PRICE, held: 0 });
      await other.stop();
      await Promise.all([broken.close(), working.close()]);
    });
  });

  describe('a client that leaves', () => {
    it.each([
      ['before the first event', 0],
      ['after the first preview', 1],
    ])('%s loses nothing: the picture is stored and charged once', async (_, previews) => {
      stub.always('stream', { gapMs: 200 });
      const leaving = new AbortController();
      const answer = await fetch(`${app.url}/v1/images/generations`, {
        method: 'POST',
        signal: leaving.signal,
        headers: {
          authorization: `Bearer ${customer.secret}`,
          'content-type': 'application/json',
          'x-easel-no-join': '1',
        },
        body: JSON.stringify(STREAM),
      });
      if (previews > 0) await answer.body?.getReader().read();
      leaving.abort();
      let ended: Body = {};
      await until(async () => {
        ended = await state(answer.headers);
        return ended.status === 'succeeded';
      });
      expect(ended).toMatchObject({ status: 'succeeded', receipt: { captured: PRICE } });
      expect(stub.calls).toHaveLength(1);
      expect(stub.calls[0].outcome).toBe('answered');
      expect(await balance()).toEqual({ available: CREDITS - PRICE, held: 0 });
    });

    it('gets the picture by its Idempotency-Key, as an event again', async () => {
      stub.always('stream', { gapMs: 50 });
      const headers = { 'idempotency-key': `stream-${customer.accountId}` };
      const first = await stream(STREAM, { headers });
      const again = await stream(STREAM, { headers });
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect(again.events.map(({ event }) => event)).toEqual(['image_generation.completed']);
      expect(sha256(again.events[0].data)).toBe(sha256(first.events.at(-1)!.data));
      expect(stub.calls).toHaveLength(1);
    });
  });
});
