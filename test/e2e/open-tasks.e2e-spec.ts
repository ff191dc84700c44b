import sharp from 'sharp';
import { startApp, type TestApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';
import { CREATE, CREDITS, FIND, OpenTasksClient } from './open-tasks-client.js';

const PROMPT = { prompt: 'a lighthouse at dusk' };

describe('/api/open/v1', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let client: OpenTasksClient;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl });
    client = await OpenTasksClient.of(app);
  });

  afterEach(() => void stub.reset());

  afterAll(async () => {
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await app.stop();
    await stub.close();
  });

  it('creates a task at once, and its picture is fetched by an absolute link without a key', async () => {
    const { secret, accountId } = await client.givenPaid(10);
    stub.always('ok', { latencyMs: 300 });

    const created = await client.create(secret, { ...PROMPT, aspect_ratio: '16:9' });

    expect(created.status).toBe(200);
    expect(created.body).toEqual({
      code: 0,
      message: 'ok',
      data: {
        id: created.headers.get('x-generation-id'),
        status: expect.stringMatching(/^(pending|processing)$/),
        provider: 'openai',
        model: 'gpt-image-2',
        prompt: PROMPT.prompt,
        options: { aspect_ratio: '16:9', resolution: '1k', reference_images: 0 },
        task_info: null,
        task_id: null,
        task_result: null,
        cost_credits: 2,
        visibility: 'public',
        source: 'api',
        created_at: expect.any(String),
        updated_at: expect.any(String),
      },
    });
    expect(await app.balanceOf(accountId)).toEqual({ available: 8, held: 2 });
    expect(created.headers.get('cache-control')).toBe('no-store');

    const { status, task_result, cost_credits } = await client.ended(secret, created.body.data.id);

    expect([status, cost_credits]).toEqual(['success', 2]);
    expect(task_result).toEqual({
      images: [
        {
          url: expect.stringMatching(new RegExp(`^${app.url}/files/[\\w-]+\\.png$`)),
          width: 1280,
          height: 720,
          content_type: 'image/png',
        },
      ],
    });
    const picture = await fetch(task_result?.images[0].url ?? '');
    const { width, height } = await sharp(Buffer.from(await picture.arrayBuffer())).metadata();
    expect([picture.status, width, height]).toEqual([200, 1280, 720]);
    expect((await client.credits(secret)).body.data).toEqual({ remaining_credits: 8 });
    expect(stub.calls[0].body).toMatchObject({ model: 'gpt-image-2', size: '1280x720' });
  });

  it('leaves the shape to the model and holds the price of 1k unless told', async () => {
    const { secret } = await client.givenPaid(10);

    const { body } = await client.create(secret, PROMPT);

    expect(body.data).toMatchObject({
      cost_credits: 2,
      options: { aspect_ratio: 'auto', resolution: '1k' },
    });
    await client.ended(secret, body.data.id);
    expect(stub.calls[0].body?.size ?? 'auto').toBe('auto');
  });

  it('charges no more than the resolution asked for when a larger picture comes', async () => {
    const { secret, accountId } = await client.givenPaid(10);
    stub.always('ok', { size: { width: 3840, height: 2160 } });

    const { body } = await client.create(secret, { ...PROMPT, resolution: '2k' });

    expect((await client.ended(secret, body.data.id)).cost_credits).toBe(4);
    expect(await app.balanceOf(accountId)).toEqual({ available: 6, held: 0 });
  });

  it('gives everything back for a task whose upstream fails, and says so in the task', async () => {
    const { secret, accountId } = await client.givenPaid(10);
    stub.always('status-500');

    const { body } = await client.create(secret, PROMPT);
    const task = await client.ended(secret, body.data.id);

    expect(task).toMatchObject({
      status: 'failed',
      cost_credits: 0,
      task_result: null,
      task_info: { error: 'provider_error', message: expect.any(String) },
    });
    expect(await app.balanceOf(accountId)).toEqual({ available: 10, held: 0 });
  });

  it.each(['public', 'private'] as const)('stores %s pictures as such', async (visibility) => {
    const { secret, accountId } = await client.givenPaid(10);

    const { body } = await client.create(secret, { ...PROMPT, visibility });
    const task = await client.ended(secret, body.data.id);

    expect(task).toMatchObject({ status: 'success', visibility });
    expect(
      await app.database.query('SELECT visibility FROM assets WHERE account_id = $1', [accountId]),
    ).toEqual([{ visibility }]);
  });

  it('never makes pictures of test keys public, and asks nothing for them', async () => {
    const { secret } = await client.givenPaid(0, { mode: 'test' });

    const { body } = await client.create(secret, { ...PROMPT, visibility: 'public' });

    expect(body.data).toMatchObject({ visibility: 'private', cost_credits: 0 });
    expect((await client.ended(secret, body.data.id)).status).toBe('success');
  });

  it('answers a repeated Idempotency-Key with the same task, paid once', async () => {
    const { secret, accountId } = await client.givenPaid(10);
    const once = { 'idempotency-key': 'one' };

    const first = await client.create(secret, PROMPT, once);
    const second = await client.create(secret, PROMPT, once);
    const other = await client.create(secret, { prompt: 'something else' }, once);

    expect(second.body.data.id).toBe(first.body.data.id);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect([other.status, other.body.error]).toEqual([400, 'idempotency_key_reused']);
    await client.ended(secret, first.body.data.id);
    expect(await app.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
  });

  it('makes two tasks of two equal requests that were both answered', async () => {
    const { secret, accountId } = await client.givenPaid(10);

    const [first, second] = [
      await client.create(secret, PROMPT),
      await client.create(secret, PROMPT),
    ];

    expect(first.body.data.id).not.toBe(second.body.data.id);
    await client.ended(secret, second.body.data.id);
    await until(async () => (await app.balanceOf(accountId)).held === 0);
    expect(await app.balanceOf(accountId)).toEqual({ available: 6, held: 0 });
  });

  it('leaves out deleted pictures and tells what the task cost all the same', async () => {
    const { secret } = await client.givenPaid(10);
    const { body } = await client.create(secret, PROMPT);
    await client.ended(secret, body.data.id);

    await fetch(`${app.url}/v1/images/${body.data.id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${secret}` },
    });

    const { data } = (await client.find(secret, body.data.id)).body;
    expect(data).toMatchObject({ status: 'success', task_result: { images: [] }, cost_credits: 2 });
    expect(data.task_info).toEqual({ error: 'image_removed', message: 'The images were deleted.' });
  });

  it('shows fractions of a credit as whole ones, never in the favour of nobody', async () => {
    const { secret, accountId } = await client.givenPaid(3.999);
    await app.database.query('UPDATE accounts SET price_factor = 750 WHERE id = $1', [accountId]);

    expect((await client.credits(secret)).body.data.remaining_credits).toBe(3);
    const { body } = await client.create(secret, PROMPT);

    expect(body.data.cost_credits).toBe(2);
    expect((await client.credits(secret)).body.data.remaining_credits).toBe(2);
  });

  describe('its document', () => {
    it('takes the same bodies as the seed’s', () => {
      const plain = (schema: object | undefined): unknown =>
        JSON.parse(
          JSON.stringify(schema, (key, value: unknown) =>
            ['description', 'examples'].includes(key) ? undefined : value,
          ),
        );
      const bodies: [boolean, unknown][] = [
        [true, PROMPT],
        [true, { ...PROMPT, images: [], aspect_ratio: '9:21', resolution: '4k' }],
        [true, { ...PROMPT, images: ['https://example.com/reference.png'] }],
        [true, { prompt: 'x'.repeat(10_000), visibility: 'private' }],
        [false, {}],
        [false, { prompt: '' }],
        [false, { prompt: 'x'.repeat(10_001) }],
        [false, { ...PROMPT, n: 1 }],
        [false, { ...PROMPT, aspect_ratio: '7:5' }],
        [false, { ...PROMPT, resolution: '8k' }],
        [false, { ...PROMPT, visibility: 'unlisted' }],
        [false, { ...PROMPT, images: Array(5).fill('https://example.com/a.png') }],
        [false, { ...PROMPT, images: null }],
      ];
      for (const contract of [client.seed, client.own]) {
        for (const [fits, body] of bodies) {
          expect([body, contract.accepts('POST', CREATE, body)]).toEqual([body, fits]);
        }
      }
      expect(plain(client.own.requestSchema('POST', CREATE))).toMatchObject({
        type: 'object',
        additionalProperties: false,
        required: ['prompt'],
      });
    });

    it.each([
      ['POST', CREATE],
      ['GET', FIND],
      ['GET', CREDITS],
    ])('lists every status that the seed lists for %s %s', (method, path) => {
      expect(client.own.statusesOf(method, path)).toEqual(
        expect.arrayContaining(client.seed.statusesOf(method, path)),
      );
    });

    it('has examples of which the one without a reference runs as it is', async () => {
      const { secret } = await client.givenPaid(10);
      const document = (await (await fetch(`${app.url}/docs/open-tasks-json`)).json()) as {
        paths: Record<string, { post: { requestBody: { content: Record<string, object> } } }>;
      };
      const { examples } = document.paths[CREATE].post.requestBody.content['application/json'] as {
        examples: Record<'textToImage' | 'imageReference', { value: object }>;
      };

      const { body } = await client.create(secret, examples.textToImage.value);

      expect((await client.ended(secret, body.data.id)).status).toBe('success');
      expect(client.seed.accepts('POST', CREATE, examples.imageReference.value)).toBe(true);
    });
  });
});
