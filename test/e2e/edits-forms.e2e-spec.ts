import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { type TestApp, startApp } from '../support/app.js';
import { makeImage } from '../support/images.js';
import {
  field,
  file,
  formOf,
  FORM_TYPE,
  type Part,
  postRaw,
  type RawAnswer,
} from '../support/multipart.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { SurfaceClient } from './openai-client.js';

const CREDITS = 1000;
/** Cuts every file and every header of a part. */
const CHUNK_BYTES = 53;
const PROMPT = 'the same at night';
const MODEL = field('model', 'gpt-image-2');

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('edits in the forms that real clients send', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string };
  let png: Buffer;
  let jpeg: Buffer;
  let mask: Buffer;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl });
    customer = await app.givenCustomer(CREDITS);
    png = await makeImage('png', { width: 64, height: 48, noise: true });
    jpeg = await makeImage('jpeg', { width: 64, height: 48, noise: true });
    mask = await sharp(png).ensureAlpha(0.3).png().toBuffer();
  });

  afterEach(() => void stub.reset());

  afterAll(async () => {
    await expect(app.checkLedger()).resolves.toMatchObject({ ok: true, violations: [] });
    await app.stop();
    await stub.close();
  });

  const send = (
    parts: readonly Part[],
    { chunkBytes, headers }: { chunkBytes?: number; headers?: Record<string, string> } = {},
  ): Promise<RawAnswer> =>
    postRaw(`${app.url}/v1/images/edits`, {
      body: formOf(parts),
      chunkBytes,
      headers: {
        authorization: `Bearer ${customer.secret}`,
        'content-type': FORM_TYPE,
        ...headers,
      },
    });

  const told = () =>
    stub.calls.map(({ body, parts }) => ({ body, files: parts.map((part) => part.sha256) }));

  /** Images, mask and scalars in every order; all mean the same. */
  const orders = (): [string, Part[]][] => {
    const [a, b, m] = [file('image[]', png), file('image[]', jpeg), file('mask', mask)];
    const scalars = [MODEL, field('prompt', PROMPT), field('n', '2')];
    return [
      ['fields before files', [...scalars, a, b, m]],
      ['fields after files', [a, b, m, ...scalars]],
      ['the mask first', [m, ...scalars, a, b]],
      ['fields in between', [a, scalars[0], b, scalars[1], m, scalars[2]]],
    ];
  };

  it.each([
    ['with a length', undefined],
    ['chunked, without a length', CHUNK_BYTES],
  ])('mean the same in any order of fields and files, %s', async (_how, chunkBytes) => {
    for (const [order, parts] of orders()) {
      const { status, text } = await send(parts, { chunkBytes });
      expect([order, status, (JSON.parse(text) as { data?: unknown[] }).data?.length]).toEqual([
        order,
        200,
        2,
      ]);
    }
    const files = [sha256(png), sha256(jpeg), sha256(mask)];
    const body = { model: 'gpt-image-2', prompt: PROMPT, n: '2' };
    expect(told()).toMatchObject(orders().map(() => ({ body, files })));
  });

  it.each(['image', 'image[]', 'image[0]', 'images', 'images[]', 'images[12]'])(
    'take files in %s, chunked and after the fields',
    async (name) => {
      const parts = [field('prompt', PROMPT), MODEL, file(name, png), file(name, jpeg)];
      const { status, text } = await send(parts, { chunkBytes: CHUNK_BYTES });
      expect([status, status === 200 ? '' : text]).toEqual([200, '']);
      expect(told()).toMatchObject([{ files: [sha256(png), sha256(jpeg)] }]);
    },
  );

  it('refuse a chunked form at its first bad file, and move nothing', async () => {
    const before = await app.balanceOf(customer.accountId);
    const parts = [file('image', Buffer.from('no picture')), MODEL, field('prompt', PROMPT)];
    const { status, text } = await send(parts, { chunkBytes: CHUNK_BYTES });
    expect([status, JSON.parse(text)]).toMatchObject([400, { error: { param: 'image' } }]);
    expect(await app.balanceOf(customer.accountId)).toEqual(before);
    expect(stub.calls).toEqual([]);
  });

  it('are one request under one Idempotency-Key, however the body was cut and ordered', async () => {
    const headers = { 'idempotency-key': 'cut-and-ordered' };
    const first = await send([MODEL, field('prompt', PROMPT), file('image', png)], { headers });
    const again = [file('image[0]', png, 'other.png'), field('prompt', PROMPT), MODEL];
    const second = await send(again, { chunkBytes: CHUNK_BYTES, headers });
    expect(second.headers).toMatchObject({
      'x-generation-id': first.headers['x-generation-id'],
      'idempotent-replayed': 'true',
    });
    expect(stub.calls).toHaveLength(1);
  });

  it('take references in which the key that was not meant is null', async () => {
    const image_url = `data:image/png;base64,${png.toString('base64')}`;
    const images = [
      { image_url, file_id: null },
      { file_id: null, image_url },
    ];
    const client = new SurfaceClient(app, customer.secret);
    const body = { model: 'gpt-image-2', prompt: PROMPT, images, mask: null };
    const answer = await client.post(body, { path: '/v1/images/edits' });
    expect(answer.status).toBe(200);
    expect(told()).toMatchObject([{ files: [sha256(png), sha256(png)] }]);
  });

  it('name both bodies that are taken to who sends another one', async () => {
    const { status, text } = await send([MODEL], { headers: { 'content-type': 'text/plain' } });
    expect(status).toBe(415);
    expect(text).toContain('JSON');
    expect(text).toContain('multipart/form-data');
  });
});
