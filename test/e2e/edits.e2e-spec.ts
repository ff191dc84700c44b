import { createHash } from 'node:crypto';
import OpenAI, { toFile } from 'openai';
import sharp from 'sharp';
import { RENDERER, type TestApp, startApp, stubUpstream } from '../support/app.js';
import { makeImage } from '../support/images.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { SurfaceClient } from './openai-client.js';

const CREDITS = 1000;
const PROMPT = 'the same at night';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('edits, with the official SDK', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string };
  let client: SurfaceClient;
  let png: Buffer;
  let jpeg: Buffer;
  let mask: Buffer;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    const upstream = stubUpstream(stub.baseUrl, { models: ['gpt-image-2', 'gpt-image-1.5'] });
    app = await startApp({ upstreams: [upstream, RENDERER] });
    customer = await app.givenCustomer(CREDITS);
    client = new SurfaceClient(app, customer.secret);
    png = await makeImage('png', { width: 320, height: 240, noise: true });
    jpeg = await makeImage('jpeg', { width: 320, height: 240, noise: true });
    mask = await sharp(png).ensureAlpha(0.3).png().toBuffer();
  });

  afterEach(() => void stub.reset());

  afterAll(async () => {
    await expect(app.checkLedger()).resolves.toMatchObject({ ok: true, violations: [] });
    await app.stop();
    await stub.close();
  });

  const file = (bytes: Buffer, name: string) => toFile(bytes, name);

  async function sizeOf(image: { url?: string; b64_json?: string }): Promise<string> {
    const bytes = image.b64_json
      ? Buffer.from(image.b64_json, 'base64')
      : Buffer.from(await (await fetch(image.url ?? '')).arrayBuffer());
    const { info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    return `${info.width}x${info.height}`;
  }

  const spent = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await app.balanceOf(customer.accountId);
    await work();
    const after = await app.balanceOf(customer.accountId);
    expect(after.held).toBe(0);
    return before.available - after.available;
  };

  it('edits one file; the upstream gets the very bytes', async () => {
    const charged = await spent(async () => {
      const answer = await client.sdk().images.edit({
        model: 'gpt-image-2',
        prompt: PROMPT,
        image: await file(png, 'my holiday.png'),
        size: '1024x1024',
        quality: 'high',
      });
      expect(answer).toMatchObject({ size: '1024x1024', output_format: 'png', usage: {} });
      expect(await sizeOf(answer.data?.[0] ?? {})).toBe('1024x1024');
    });
    expect(charged).toBe(2);
    expect(stub.calls).toMatchObject([
      {
        path: '/v1/images/edits',
        body: { model: 'gpt-image-2', prompt: PROMPT, size: '1024x1024', quality: 'high', n: '1' },
        parts: [
          { name: 'image', fileName: 'image-1.png', mediaType: 'image/png', sha256: sha256(png) },
        ],
      },
    ]);
  });

  it('edits several files with a mask, in the order sent', async () => {
    const charged = await spent(async () => {
      const { data } = await client.sdk().images.edit({
        model: 'gpt-image-2',
        prompt: PROMPT,
        image: [await file(png, 'a.png'), await file(jpeg, 'b.jpg'), await file(png, 'c.png')],
        mask: await file(mask, 'mask.png'),
        n: 2,
      });
      expect(data).toHaveLength(2);
    });
    expect(charged).toBe(4);
    expect(stub.calls[0].parts.map((part) => [part.name, part.mediaType, part.sha256])).toEqual([
      ['image[]', 'image/png', sha256(png)],
      ['image[]', 'image/jpeg', sha256(jpeg)],
      ['image[]', 'image/png', sha256(png)],
      ['mask', 'image/png', sha256(mask)],
    ]);
  });

  it('edits on this machine, at the size asked or in the shape of the image', async () => {
    const edit = async (more: object) => {
      const image = await file(png, 'a.png');
      const body = { model: 'easel-sketch', prompt: PROMPT, image, ...more };
      return (await client.sdk().images.edit(body)).data?.[0] ?? {};
    };
    expect(await sizeOf(await edit({ size: '512x512' }))).toBe('512x512');
    expect(await sizeOf(await edit({ response_format: 'url' }))).toBe('1182x887');
  });

  it('edits for test keys without a credit', async () => {
    const { secret, accountId } = await app.givenCustomer(0, { mode: 'test' });
    const sdk = new SurfaceClient(app, secret).sdk();
    const { data } = await sdk.images.edit({
      model: 'gpt-image-2',
      prompt: PROMPT,
      image: await file(jpeg, 'a.jpg'),
    });
    expect(data?.[0]?.b64_json).toEqual(expect.any(String));
    expect(stub.calls).toEqual([]);
    expect(await app.balanceOf(accountId)).toEqual({ available: 0, held: 0 });
  });

  it('streams an edit', async () => {
    const stream = await client.sdk().images.edit({
      model: 'easel-sketch',
      prompt: PROMPT,
      image: await file(png, 'a.png'),
      size: '256x256',
      stream: true,
      partial_images: 1,
    });
    const types: string[] = [];
    for await (const event of stream) types.push(event.type);
    expect(types).toEqual(['image_edit.partial_image', 'image_edit.completed']);
  });

  it('drops what the model lacks and names it', async () => {
    const { response } = await client
      .sdk()
      .images.edit({
        model: 'gpt-image-2',
        prompt: PROMPT,
        image: await file(png, 'a.png'),
        input_fidelity: 'high',
      })
      .withResponse();
    expect(response.headers.get('x-ignored-parameters')).toBe('input_fidelity');
    expect(stub.calls[0].body).not.toHaveProperty('input_fidelity');
    stub.reset();
    await client.sdk().images.edit({
      model: 'gpt-image-1.5',
      prompt: PROMPT,
      image: await file(png, 'a.png'),
      input_fidelity: 'high',
    });
    expect(stub.calls[0].body).toMatchObject({ input_fidelity: 'high' });
  });

  it('raises the error class and names the field', async () => {
    const attempt = (more: object) =>
      client
        .sdk()
        .images.edit({ model: 'gpt-image-2', prompt: PROMPT, image: [], ...more })
        .then(
          () => null,
          (error: unknown) => error,
        );
    const missing = await attempt({});
    expect(missing).toBeInstanceOf(OpenAI.BadRequestError);
    expect(missing).toMatchObject({ code: 'missing_required_parameter', param: 'image' });
    const many = Array.from({ length: 17 }, () => file(png, 'a.png'));
    expect(await attempt({ image: await Promise.all(many) })).toMatchObject({
      status: 400,
      param: 'image',
    });
    expect(await attempt({ image: await file(png, 'a.png'), n: 11 })).toMatchObject({ param: 'n' });
    expect(stub.calls).toEqual([]);
  });

  it('gives a failing upstream one call and charges nothing', async () => {
    stub.next('status-500');
    const charged = await spent(async () => {
      const sdk = client.sdk('', 2);
      const edit = sdk.images.edit({
        model: 'gpt-image-2',
        prompt: PROMPT,
        image: await file(png, 'a'),
      });
      await expect(edit).rejects.toMatchObject({ status: 502 });
    });
    expect([charged, stub.calls.length]).toEqual([0, 1]);
  });
});
