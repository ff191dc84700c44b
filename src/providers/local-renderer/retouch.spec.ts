import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { DomainError } from '../../common/domain-error.js';
import type { ProviderInput, ProviderRequest } from '../image-provider.js';
import { localRenderer } from './index.js';

const provider = localRenderer.create({
  name: 'local',
  baseUrl: null,
  apiKey: null,
  allowPrivateNetwork: false,
  attemptTimeoutMs: 60_000,
  quirks: {},
});

/** Left half red, right half green. */
async function picture(width = 400, height = 200, format: 'png' | 'jpeg' = 'png'): Promise<Buffer> {
  const half = { width: width / 2, height, channels: 3 as const, background: '#20c040' };
  const right = await sharp({ create: half }).png().toBuffer();
  const image = sharp({ create: { ...half, width, background: '#d02020' } });
  return image
    .composite([{ input: right, left: width / 2, top: 0 }])
    .toFormat(format)
    .toBuffer();
}

/** Transparent, so to be changed, on the right only. */
async function rightHalf(width = 400, height = 200): Promise<Buffer> {
  const opaque = { width: width / 2, height, channels: 4 as const, background: '#000000ff' };
  const left = await sharp({ create: opaque }).png().toBuffer();
  return sharp({ create: { ...opaque, width, background: '#00000000' } })
    .composite([{ input: left, left: 0, top: 0 }])
    .png()
    .toBuffer();
}

function input(file: Buffer): ProviderInput {
  return {
    open: async () => Readable.from([file]),
    mediaType: 'image/png',
    bytes: file.length,
    width: 400,
    height: 200,
    fileName: 'image-1.png',
  };
}

async function edit(changes: Partial<ProviderRequest> = {}): Promise<Buffer[]> {
  const request: ProviderRequest = {
    generationId: '0190b3a0-0000-7000-8000-000000000000',
    model: 'easel-sketch',
    upstreamModel: 'easel-sketch',
    operation: 'edit',
    inputs: [input(await picture())],
    prompt: 'A harbour at dusk',
    count: 1,
    size: { width: 400, height: 200 },
    parameters: {},
    ...changes,
  };
  const result = await provider.start(request, new AbortController().signal);
  if (result.kind !== 'images') throw new Error('Expected images');
  const files: Buffer[] = [];
  for await (const { source } of result.images) {
    if ('stream' in source) files.push(await buffer(source.stream));
  }
  return files;
}

/** Mean colour of an area, as r, g, b. */
async function colour(file: Buffer, left: number, top: number, edge = 30): Promise<number[]> {
  const area = { left, top, width: edge, height: edge };
  const { channels } = await sharp(await sharp(file).extract(area).png().toBuffer()).stats();
  return channels.slice(0, 3).map(({ mean }) => Math.round(mean));
}

describe('an edit by the local renderer', () => {
  it('is offered', () => {
    expect(provider.capabilities('easel-sketch').operations).toContain('edit');
  });

  it('still shows its input, and is no copy of it', async () => {
    const [file] = await edit();
    const [left, right] = [await colour(file, 60, 60), await colour(file, 300, 60)];
    const distance = left.reduce((sum, value, i) => sum + Math.abs(value - right[i]), 0);
    expect(distance).toBeGreaterThan(30);
    expect(left).not.toEqual(await colour(await picture(), 60, 60));
  });

  it('leaves what the mask protects as it was, and changes the rest', async () => {
    const mask = input(await rightHalf());
    const [file] = await edit({ mask });
    expect(await colour(file, 60, 40)).toEqual(await colour(await picture(), 60, 40));
    expect(await colour(file, 300, 40)).not.toEqual(await colour(await picture(), 300, 40));
  });

  it('draws the same from the same, and other things from another prompt, input or ordinal', async () => {
    const [first, second] = await edit({ count: 2 });
    const [again] = await edit();
    expect(again.equals(first)).toBe(true);
    expect(second.equals(first)).toBe(false);
    const [other] = await edit({ prompt: 'A desert at noon' });
    expect(other.equals(first)).toBe(false);
    const [elsewhere] = await edit({ inputs: [input(await picture(200, 400))] });
    expect(elsewhere.equals(first)).toBe(false);
  });

  it('shows that further inputs arrived', async () => {
    const [one] = await edit();
    const more = Array.from({ length: 5 }, async () => input(await picture(64, 64, 'jpeg')));
    const [several] = await edit({
      inputs: [input(await picture()), ...(await Promise.all(more))],
    });
    expect(several.equals(one)).toBe(false);
  });

  it.each([
    [400, 200, 1448],
    [200, 400, 724],
    [1000, 10, 2048],
    [50, 50, 1024],
  ])('without a size takes the shape of an input of %d × %d', async (width, height, wide) => {
    const [file] = await edit({ size: 'auto', inputs: [input(await picture(width, height))] });
    const made = await sharp(file).metadata();
    expect(made.width).toBe(wide);
    expect(made.width * made.height).toBeLessThanOrEqual(1_048_576);
    expect(made.width * made.height).toBeGreaterThan(1_040_000);
  });

  it.each(['png', 'jpeg', 'webp'])('answers as %s, with previews on the way', async (format) => {
    const parameters = { outputFormat: format, stream: true, partialImages: 2 } as const;
    const files = await edit({ parameters, size: { width: 300, height: 300 } });
    expect(files).toHaveLength(3);
    for (const file of files) {
      expect(await sharp(file).metadata()).toMatchObject({ format, width: 300, height: 300 });
    }
  });

  it('turns a photograph as its camera held it', async () => {
    const upright = await picture(200, 400, 'jpeg');
    const lying = await sharp(upright).rotate(-90).withMetadata({ orientation: 6 }).toBuffer();
    const size = { width: 200, height: 400 };
    const [plain] = await edit({ size, inputs: [input(upright)] });
    const [turned] = await edit({ size, inputs: [input(lying)] });
    const difference = (await colour(plain, 30, 200)).map(async (value, i) =>
      Math.abs(value - (await colour(turned, 30, 200))[i]),
    );
    for (const each of await Promise.all(difference)) expect(each).toBeLessThan(12);
  });

  it('passes on that an input could not be read', async () => {
    const gone = new DomainError('storage_unavailable', 'gone');
    const broken = { ...input(await picture()), open: () => Promise.reject(gone) };
    await expect(edit({ inputs: [broken] })).rejects.toBe(gone);
  });
});
