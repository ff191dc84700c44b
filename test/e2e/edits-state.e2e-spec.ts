import { toFile } from 'openai';
import sharp from 'sharp';
import { RENDERER, type TestApp, startApp, stubUpstream } from '../support/app.js';
import { makeImage } from '../support/images.js';
import { until } from '../support/until.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { SurfaceClient } from './openai-client.js';

const PROMPT = 'the same at night';
const EDITS = { path: '/v1/images/edits' };
const dataUrl = (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`;

interface State {
  readonly id: string;
  readonly status: string;
  readonly data: { readonly file_id: string; readonly url?: string }[];
  readonly inputs: { readonly file_id: string; readonly role: string; readonly size: string }[];
}

describe('the state of edits, and their repeats', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string };
  let client: SurfaceClient;
  let png: Buffer;
  let mask: Buffer;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    const upstream = stubUpstream(stub.baseUrl, { models: ['gpt-image-2'] });
    app = await startApp({ upstreams: [upstream, RENDERER] });
    png = await makeImage('png', { width: 320, height: 240, noise: true });
    mask = await sharp(png).ensureAlpha(0.3).png().toBuffer();
  });

  beforeEach(async () => {
    customer = await app.givenCustomer(100);
    client = new SurfaceClient(app, customer.secret);
  });

  afterEach(() => void stub.reset());

  afterAll(async () => {
    await expect(app.checkLedger()).resolves.toMatchObject({ ok: true, violations: [] });
    await app.stop();
    await stub.close();
  });

  const body = (more: object = {}) => ({
    model: 'gpt-image-2',
    prompt: PROMPT,
    size: '1024x1024',
    images: [{ image_url: dataUrl(png) }],
    ...more,
  });

  const inputRows = () =>
    app.database.query<{ id: string; account_id: string; sha256: string }>(
      `SELECT id, account_id, sha256 FROM assets
        WHERE kind = 'input' AND deleted_at IS NULL AND account_id = $1`,
      [customer.accountId],
    );

  async function stateOf(answer: Response): Promise<State> {
    const id = answer.headers.get('x-generation-id');
    return (await (await client.get(`/v1/images/${id}`)).json()) as State;
  }

  it('names inputs and results, so that either can be edited again', async () => {
    const image = await toFile(png, 'a.png');
    const sent = await client
      .sdk()
      .images.edit({
        model: 'gpt-image-2',
        prompt: PROMPT,
        size: '1024x1024',
        image,
        mask: await toFile(mask, 'm.png'),
      })
      .asResponse();
    const state = await stateOf(sent);
    expect(state).toMatchObject({
      status: 'succeeded',
      data: [{ file_id: expect.any(String) as string }],
      inputs: [
        { role: 'image', size: '320x240', file_id: expect.any(String) as string },
        { role: 'mask', size: '320x240', file_id: expect.any(String) as string },
      ],
    });

    const [input, maskInput] = state.inputs.map(({ file_id }) => ({ file_id }));
    const [output] = state.data;
    const images = [input, { file_id: output.file_id }, { file_id: state.id }];
    const again = await client.post(body({ images, mask: maskInput }), EDITS);
    expect(again.status).toBe(200);
    const [first, second] = stub.calls.map(({ parts }) => parts);
    const [inputPart, outputPart, generationPart, maskPart] = second;
    expect([inputPart.sha256, maskPart.sha256]).toEqual(first.map(({ sha256 }) => sha256));
    expect(outputPart.sha256).toBe(generationPart.sha256);
    expect((await stateOf(again)).inputs.map(({ file_id }) => file_id)).toEqual([
      input.file_id,
      output.file_id,
      output.file_id,
      maskInput.file_id,
    ]);
    expect(await (await client.get('/v1/images')).json()).toMatchObject({
      data: [{ inputs: [{}, {}, {}, {}] }, { inputs: [{}, {}] }],
    });
  });

  it('keeps equal bytes once in an account, whatever form they come in, and apart from others', async () => {
    await client.post(
      body({ images: [{ image_url: dataUrl(png) }, { image_url: dataUrl(png) }] }),
      {
        ...EDITS,
      },
    );
    const image = await toFile(png, 'another name.png');
    await client.sdk().images.edit({ model: 'gpt-image-2', prompt: 'another', image });
    expect(await inputRows()).toHaveLength(1);

    const [{ id }] = await inputRows();
    const stranger = await app.givenCustomer(100);
    const theirs = new SurfaceClient(app, stranger.secret);
    const missing = '019aa1f0-7c1e-7a2b-9c3d-4e5f60718293';
    const answers = await Promise.all(
      [id, missing].map(async (fileId) => {
        const answer = await theirs.post(body({ images: [{ file_id: fileId }] }), EDITS);
        return [answer.status, await answer.text()];
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0][0]).toBe(400);
    expect(JSON.parse(String(answers[0][1]))).toMatchObject({
      error: { code: 'invalid_value', param: 'images[0].file_id' },
    });
    await theirs.post(body(), EDITS);
    const rows = await app.database.query(
      `SELECT DISTINCT id, account_id FROM assets
        WHERE kind = 'input' AND sha256 = (SELECT sha256 FROM assets WHERE id = $1)
          AND account_id = ANY ($2::uuid[])`,
      [id, [customer.accountId, stranger.accountId]],
    );
    expect(rows).toHaveLength(2);
  });

  it('replays by Idempotency-Key, form or JSON for itself, and refuses another body', async () => {
    const headers = { 'idempotency-key': 'edit-1' };
    const once = await client.post(body(), { ...EDITS, headers });
    const twice = await client.post(body(), { ...EDITS, headers });
    expect([once.status, twice.status]).toEqual([200, 200]);
    expect(twice.headers.get('idempotent-replayed')).toBe('true');
    expect(await twice.text()).toBe(await once.text());
    const other = await client.post(body({ images: [{ image_url: dataUrl(mask) }] }), {
      ...EDITS,
      headers,
    });
    expect([other.status, stub.calls.length]).toEqual([422, 1]);
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: 98, held: 0 });
  });

  it('replays when nothing is left to pay another one with', async () => {
    const poor = await app.givenCustomer(2);
    const theirs = new SurfaceClient(app, poor.secret);
    const headers = { 'idempotency-key': 'the-last-two' };
    expect((await theirs.post(body(), { ...EDITS, headers })).status).toBe(200);
    const replayed = await theirs.post(body(), { ...EDITS, headers });
    expect([replayed.status, replayed.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    const fresh = await theirs.post(body({ prompt: 'new' }), EDITS);
    expect([fresh.status, await fresh.json()]).toMatchObject([
      402,
      { error: { code: 'insufficient_credits' } },
    ]);
  });

  it('binds the keys of test and live requests apart', async () => {
    const { secret } = await app.givenKey(customer.accountId, { mode: 'test' });
    const rehearsal = new SurfaceClient(app, secret);
    const headers = { 'idempotency-key': 'k'.repeat(255) };
    const generations = { headers };
    for (const [path, request] of [
      [{ ...EDITS, headers }, body()],
      [generations, { model: 'gpt-image-2', prompt: PROMPT, size: '1024x1024' }],
    ] as const) {
      const key = {
        ...path,
        headers: { 'idempotency-key': `${path === generations ? 'g' : 'e'}` },
      };
      const tried = await rehearsal.post(request, key);
      const done = await client.post(request, key);
      expect([tried.status, done.status]).toEqual([200, 200]);
      expect(done.headers.get('idempotent-replayed')).toBeNull();
      expect(done.headers.get('x-generation-id')).not.toBe(tried.headers.get('x-generation-id'));
      const again = await rehearsal.post(request, key);
      expect(again.headers.get('x-generation-id')).toBe(tried.headers.get('x-generation-id'));
      expect((await rehearsal.post({ ...request, prompt: 'x' }, key)).status).toBe(422);
    }
    const longest = await rehearsal.post(body(), { ...EDITS, headers });
    expect([longest.status, stub.calls.length]).toEqual([200, 2]);
  });

  it('answers 202 at once, and later the pictures', async () => {
    stub.always('ok', { latencyMs: 300 });
    const headers = { prefer: 'respond-async' };
    const accepted = await client.post(body(), { ...EDITS, headers });
    expect([accepted.status, accepted.headers.get('retry-after')]).toEqual([
      202,
      expect.stringMatching(/^\d+$/),
    ]);
    const location = accepted.headers.get('location') ?? '';
    expect(await accepted.json()).toMatchObject({ inputs: [{ role: 'image' }] });
    await until(async () => {
      const state = (await (await client.get(location)).json()) as State;
      return state.status === 'succeeded' && state.data.length === 1;
    });
  });

  it('holds no more than was agreed to', async () => {
    const headers = { 'x-max-credits': '1' };
    const refused = await client.post(body({ prompt: 'dear' }), { ...EDITS, headers });
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { error: { code: 'price_changed' } },
    ]);
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: 100, held: 0 });
  });

  it('quotes what an edit then captures', async () => {
    const quoted = await client.post(body({ size: '2048x2048', n: 2 }), {
      path: '/v1/images/quote',
    });
    const { credits } = (await quoted.json()) as { credits: number };
    expect((await client.post(body({ size: '2048x2048', n: 2 }), EDITS)).status).toBe(200);
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: 100 - credits, held: 0 });
    expect(credits).toBe(8);
  });

  it('says where variations went', async () => {
    const answer = await client.post({}, { path: '/v1/images/variations' });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: { message: expect.stringContaining('/v1/images/edits') as string } },
    ]);
  });
});
