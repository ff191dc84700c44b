import { createHash } from 'node:crypto';
import OpenAI from 'openai';
import sharp from 'sharp';
import { type TestApp, startApp } from '../support/app.js';
import {
  type BehaviourName,
  startUpstreamStub,
  type UpstreamStub,
} from '../support/upstream-stub/upstream-stub.mjs';
import { readStream } from './event-reader.js';
import { type Body, SKETCH, SurfaceClient } from './openai-client.js';

const CREDITS = 100;
const PRICE = 2;
const REQUEST = { model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024' };
const STREAM = { ...REQUEST, stream: true, partial_images: 2 };

const PARTIAL_FIELDS = [
  'type',
  'b64_json',
  'created_at',
  'size',
  'quality',
  'background',
  'output_format',
  'partial_image_index',
];
const COMPLETED_FIELDS = [...PARTIAL_FIELDS.slice(0, -1), 'usage'];

describe('streaming', () => {
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

  describe('what is sent', () => {
    it('is previews, then the picture, each with every field there is', async () => {
      stub.always('stream');
      const { status, headers, events } = await stream({
        ...STREAM,
        quality: 'low',
        background: 'opaque',
      });
      const now = Math.floor(Date.now() / 1000);
      expect(status).toBe(200);
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        'x-generation-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
        'x-request-id': expect.any(String),
        'openai-processing-ms': expect.stringMatching(/^\d+$/),
      });
      expect(headers.get('content-encoding')).toBeNull();
      expect(headers.get('content-length')).toBeNull();
      expect(events.map(({ event, data }) => [event, data.type])).toEqual([
        ['image_generation.partial_image', 'image_generation.partial_image'],
        ['image_generation.partial_image', 'image_generation.partial_image'],
        ['image_generation.completed', 'image_generation.completed'],
      ]);
      for (const { data } of events) {
        expect(data).toMatchObject({
          size: '1024x1024',
          quality: 'low',
          background: 'opaque',
          output_format: 'png',
        });
        expect(data.created_at).toBeGreaterThan(now - 60);
        expect(data.created_at).toBeLessThanOrEqual(now);
      }
      const [first, second, completed] = events.map(({ data }) => data);
      expect(Object.keys(first)).toEqual(PARTIAL_FIELDS);
      expect(Object.keys(completed)).toEqual(COMPLETED_FIELDS);
      expect([first.partial_image_index, second.partial_image_index]).toEqual([0, 1]);
      expect(completed.usage).toEqual({
        total_tokens: 250,
        input_tokens: 50,
        output_tokens: 200,
        input_tokens_details: { text_tokens: 40, image_tokens: 10 },
      });
      expect(sha256(completed)).toBe(stub.calls[0].images[0].sha256);
      expect(stub.calls[0].body).toMatchObject({ stream: true, partial_images: 2 });
      expect(await balance()).toEqual({ available: CREDITS - PRICE, held: 0 });
    });

    it('says auto where the model chooses', async () => {
      stub.always('stream');
      const { events } = await stream({ ...STREAM, size: 'auto' });
      expect(events.map(({ data }) => data.size)).toEqual(['auto', 'auto', '1024x1024']);
      expect(events[0].data).toMatchObject({ quality: 'auto', background: 'auto' });
    });

    it('has one completed event per image, in order, and shares their usage out', async () => {
      stub.always('stream');
      const { events } = await stream({ ...STREAM, n: 3 });
      const completed = events.filter(({ event }) => event === 'image_generation.completed');
      expect(completed.map(({ data }) => sha256(data))).toEqual(
        stub.calls[0].images.map((image) => image.sha256),
      );
      const sum = completed.reduce(
        (all, { data }) => all + (data.usage as { total_tokens: number }).total_tokens,
        0,
      );
      expect(sum).toBe(3 * 250);
      expect(events.filter(({ event }) => event.endsWith('partial_image'))).toHaveLength(6);
      expect(await balance()).toEqual({ available: CREDITS - 3 * PRICE, held: 0 });
    });

    it('is the pictures there are, when fewer came', async () => {
      stub.always('stream', { images: 2 });
      const { events, headers } = await stream({ ...STREAM, n: 4 });
      expect(events.filter(({ event }) => event.endsWith('completed'))).toHaveLength(2);
      expect((await state(headers)).receipt).toMatchObject({ captured: 2 * PRICE });
    });

    it('comes as it comes: a preview before the picture is made', async () => {
      stub.always('stream', { gapMs: 800 });
      const { events } = await stream(STREAM);
      const [first, second, completed] = events.map(({ at }) => at);
      expect(second - first).toBeGreaterThan(150);
      expect(completed - second).toBeGreaterThan(150);
    });

    it.each<[string, Body]>([
      ['aiimg', { ...REQUEST, stream: 'true', partial_images: '1' }],
      ['aiai', { ...REQUEST, model: 'gpt-image-1', stream: 'true', partial_images: '1' }],
    ])('is the same below /%s/v1, where stream is a word', async (alias, body) => {
      stub.always('stream');
      const { events } = await stream(body, { path: `/${alias}/v1/images/generations` });
      expect(events.map(({ event }) => event)).toEqual([
        'image_generation.partial_image',
        'image_generation.completed',
      ]);
      const named = Object.hasOwn(events[1].data, 'aiimg_generation_id');
      expect(named).toBe(alias === 'aiimg');
    });

    it('is base64 also when links were asked for, which is said', async () => {
      const { events, headers } = await stream({ ...STREAM, response_format: 'url' });
      expect(headers.get('x-ignored-parameters')).toBe('response_format');
      expect(Object.keys(events.at(-1)!.data)).toEqual(COMPLETED_FIELDS);
    });

    it('is JSON as ever without stream; partial_images alone is ignored and named', async () => {
      const answer = await client.post({ ...REQUEST, partial_images: 2, stream: false });
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(answer.headers.get('x-ignored-parameters')).toBe('partial_images');
      expect(stub.calls[0].body).not.toHaveProperty('partial_images');
    });
  });

  describe('who cannot stream answers one event per image', () => {
    it.each<[string, BehaviourName, Body]>([
      ['an upstream that answers JSON to it', 'json', { ...STREAM, n: 2 }],
      ['an upstream that answers links', 'url', { ...STREAM, n: 2 }],
      ['a model that does not stream', 'json', { ...STREAM, n: 1, model: 'dall-e-3' }],
    ])('%s', async (_, behaviour, body) => {
      stub.always(behaviour);
      const { status, events, headers } = await stream(body);
      expect(status).toBe(200);
      expect(events.map(({ event }) => event)).toEqual(
        Array.from({ length: Number(body.n) }, () => 'image_generation.completed'),
      );
      expect(Object.keys(events[0].data)).toEqual(COMPLETED_FIELDS);
      if (body.model !== 'dall-e-3') return;
      expect(stub.calls[0].body).not.toHaveProperty('stream');
      expect(headers.get('x-ignored-parameters')).toBe('partial_images');
    });
  });

  describe('with the official SDK', () => {
    it('gives previews and the picture to for await', async () => {
      stub.always('stream');
      const events = await client.sdk().images.generate({
        model: 'gpt-image-2',
        prompt: 'a lighthouse',
        size: '1024x1024',
        stream: true,
        partial_images: 3,
      });
      const seen: string[] = [];
      for await (const event of events) {
        const file = Buffer.from(event.b64_json, 'base64');
        const { width, height } = await sharp(file).metadata();
        seen.push(`${event.type} ${width}x${height}`);
      }
      expect(seen).toEqual([
        ...Array.from({ length: 3 }, () => 'image_generation.partial_image 1024x1024'),
        'image_generation.completed 1024x1024',
      ]);
    });

    it('raises an error that says what happened when the upstream breaks off', async () => {
      stub.always('stream-cut-between');
      const events = await client.sdk('', 2).images.generate({
        model: 'gpt-image-2',
        prompt: 'a lighthouse',
        stream: true,
        partial_images: 2,
      });
      let previews = 0;
      const reading = (async () => {
        for await (const { type } of events) {
          expect(type).toBe('image_generation.partial_image');
          previews += 1;
        }
      })();
      await expect(reading).rejects.toMatchObject({
        code: 'upstream_unavailable',
        type: 'server_error',
        param: null,
      });
      expect(previews).toBe(2);
      expect(stub.calls).toHaveLength(1);
      expect(await balance()).toEqual({ available: CREDITS, held: 0 });
    });

    it('raises what is refused before anything was accepted, by its status', async () => {
      const asking = client.sdk().images.generate({
        model: 'gpt-image-2',
        prompt: 'a',
        size: '17x17',
        stream: true,
      });
      await expect(asking).rejects.toBeInstanceOf(OpenAI.BadRequestError);
      expect(stub.calls).toHaveLength(0);
    });
  });

  describe('pictures drawn here', () => {
    it('stream with previews', async () => {
      const { events } = await stream({
        ...SKETCH,
        size: '512x512',
        output_format: 'jpeg',
        stream: true,
        partial_images: 3,
      });
      expect(events.map(({ data }) => data.partial_image_index)).toEqual([0, 1, 2, undefined]);
      for (const { data } of events) {
        const file = Buffer.from(data.b64_json as string, 'base64');
        expect(await sharp(file).metadata()).toMatchObject({ format: 'jpeg', width: 512 });
        expect(data.output_format).toBe('jpeg');
      }
    });

    it.each([
      ['interrupted', 'upstream_unavailable'],
      ['refused', 'content_policy_violation'],
    ])('rehearse %s for a test key as an event', async (fault, code) => {
      const { secret } = await app.givenKey(customer.accountId, { mode: 'test' });
      const prompt = `a harbour [[easel:${fault}]]`;
      const answer = await new SurfaceClient(app, secret).post({ ...STREAM, prompt });
      const { events } = await readStream(answer);
      expect(events.at(-1)).toMatchObject({ event: 'error', data: { error: { code } } });
    });
  });
});
