import { setTimeout as pause } from 'node:timers/promises';
import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { readStream } from './event-reader.js';
import { type Body, SurfaceClient } from './openai-client.js';

const CREDITS = 1_000;
const PRICE = 2;
const STREAM = {
  model: 'gpt-image-2',
  prompt: 'a lighthouse',
  size: '1024x1024',
  stream: true,
  partial_images: 3,
};

describe('streams whose wait ends', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string };
  let client: SurfaceClient;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl, env: { ANSWER_DEADLINE_SECONDS: '2' } });
  });

  beforeEach(async () => {
    customer = await app.givenCustomer(CREDITS);
    client = new SurfaceClient(app, customer.secret);
    stub.reset();
  });

  afterAll(async () => {
    expect((await app.checkLedger()).violations).toEqual([]);
    await app.stop();
    await stub.close();
  });

  const ended = async (id: string | null): Promise<Body> => {
    for (let turn = 0; ; turn += 1) {
      const state = (await (await client.get(`/v1/images/${id}`)).json()) as Body;
      if (turn > 600 || (state.status !== 'processing' && state.status !== 'pending')) return state;
      await pause(100);
    }
  };

  it('end with an error that names the generation when the wait is over; it goes on', async () => {
    stub.always('stream', { gapMs: 800 });
    const { headers, events } = await readStream(
      await client.post(STREAM, { headers: { 'x-easel-no-join': '1' } }),
    );
    const id = headers.get('x-generation-id');
    expect(events.at(-1)).toMatchObject({
      event: 'error',
      data: { error: { type: 'server_error', code: 'generation_in_progress', param: null } },
    });
    expect((events.at(-1)!.data.error as Body).message).toContain(id);
    expect(events.slice(0, -1).map(({ event }) => event)).toContain(
      'image_generation.partial_image',
    );
    expect(await ended(id)).toMatchObject({ status: 'succeeded', receipt: { captured: PRICE } });
  });

  it('end so too in the middle of a preview', async () => {
    const slow = { partials: 1, partialBytes: 300_000, sliceBytes: 20_000, dripMs: 200 };
    stub.always('stream', slow);
    const { headers, events } = await readStream(
      await client.post(STREAM, { headers: { 'x-easel-no-join': '1' } }),
    );
    expect(events.map(({ event }) => event)).toEqual(['image_generation.partial_image', 'error']);
    expect(await ended(headers.get('x-generation-id'))).toMatchObject({ status: 'succeeded' });
  });
});
