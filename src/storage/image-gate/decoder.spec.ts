import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { makeImage, PNG_SIGNATURE, pngChunk, pngIhdr } from '../../../test/support/images.js';
import { inspect, LIMITS } from '../../../test/support/containers.js';
import { confirmWithDecoder } from './index.js';

const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const KINDS = [
  ...[1, 2, 4, 8, 16].map((bitDepth) => ({ colourType: 0, bitDepth })),
  ...[8, 16].map((bitDepth) => ({ colourType: 2, bitDepth })),
  ...[1, 2, 4, 8].map((bitDepth) => ({ colourType: 3, bitDepth })),
  ...[8, 16].map((bitDepth) => ({ colourType: 4, bitDepth })),
  ...[8, 16].map((bitDepth) => ({ colourType: 6, bitDepth })),
];

describe(confirmWithDecoder.name, () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'easel-decoder-'))));
  afterAll(() => rm(folder, { recursive: true }));

  const stored = async (file: Buffer) => {
    const path = join(folder, 'file');
    await writeFile(path, file);
    return path;
  };

  it.each(KINDS)('reads in a PNG of %j what the walk of it read', async (kind) => {
    const [width, height] = [37, 11];
    const row = 1 + Math.ceil((width * CHANNELS[kind.colourType] * kind.bitDepth) / 8);
    const file = Buffer.concat([
      PNG_SIGNATURE,
      pngIhdr(width, height, kind),
      kind.colourType === 3 ? pngChunk('PLTE', Buffer.alloc(6)) : Buffer.alloc(0),
      pngChunk('IDAT', deflateSync(Buffer.alloc(row * height))),
      pngChunk('IEND'),
    ]);
    const facts = inspect(file);
    expect(facts).toMatchObject({ mediaType: 'image/png', width, height });
    const path = await stored(file);
    const limits = { ...LIMITS, decodePixels: true };
    await confirmWithDecoder(path, facts, limits);
    await expect(confirmWithDecoder(path, { ...facts, width: 36 }, limits)).rejects.toMatchObject({
      reason: 'undecodable',
    });
  });

  it('opens no trusted PNG again, and every other picture', async () => {
    const missing = join(folder, 'missing');
    await confirmWithDecoder(missing, inspect(await makeImage('png')), LIMITS);
    for (const format of ['jpeg', 'webp'] as const) {
      const facts = inspect(await makeImage(format));
      await expect(confirmWithDecoder(missing, facts, LIMITS)).rejects.toMatchObject({
        reason: 'undecodable',
      });
    }
  });
});
