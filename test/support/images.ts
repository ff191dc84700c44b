import { randomFillSync } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

export interface TestImage {
  readonly width?: number;
  readonly height?: number;
  /** Random pixels instead of one colour: a file of about three bytes per pixel. */
  readonly noise?: boolean;
}

/** A real picture, encoded by sharp. */
export async function makeImage(
  format: 'png' | 'jpeg' | 'webp' | 'gif',
  { width = 64, height = 48, noise = false }: TestImage = {},
): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3, 120);
  if (noise) randomFillSync(pixels);
  const picture = sharp(pixels, { raw: { width, height, channels: 3 } });
  return await picture.toFormat(format).toBuffer();
}

/** Animated GIF or WebP with frames of different colours. */
export async function makeAnimation(format: 'gif' | 'webp', frames: number): Promise<Buffer> {
  const [width, height] = [16, 16];
  const pixels = Buffer.alloc(width * height * 3 * frames);
  for (let frame = 0; frame < frames; frame++) {
    const size = width * height * 3;
    pixels.fill((frame * 37 + 1) % 255, frame * size, (frame + 1) * size);
  }
  const raw = { width, height: height * frames, channels: 3, pageHeight: height } as const;
  return await sharp(pixels, { raw }).toFormat(format).toBuffer();
}

/** A PNG of about `bytes` bytes that does not compress, as pictures do not. */
export async function makeLargePng(bytes: number): Promise<Buffer> {
  const width = 1024;
  const height = Math.ceil(bytes / (width * 3));
  return await makeImage('png', { width, height, noise: true });
}

export function pngChunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), chunk.length - 4);
  return chunk;
}

export const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** Grey, 1 bit per pixel, all zeroes: 16,000 × 16,000 pixels in 31 kB. */
export function makePngBomb(edge: number): Buffer {
  const ihdr = pngIhdr(edge, edge, { bitDepth: 1, colourType: 0 });
  const rows = Buffer.alloc((Math.ceil(edge / 8) + 1) * edge);
  const idat = pngChunk('IDAT', deflateSync(rows, { level: 9 }));
  return Buffer.concat([PNG_SIGNATURE, ihdr, idat, pngChunk('IEND')]);
}

export function pngIhdr(
  width: number,
  height: number,
  { bitDepth = 8, colourType = 2 }: { bitDepth?: number; colourType?: number } = {},
): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data[8] = bitDepth;
  data[9] = colourType;
  return pngChunk('IHDR', data);
}

export function makeSvg(body = '<rect width="10" height="10"/>', size = 'width="64" height="48"') {
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${size}>${body}</svg>`);
}
