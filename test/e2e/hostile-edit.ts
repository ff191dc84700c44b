import sharp from 'sharp';
import { makeImage } from '../support/images.js';

/** One edit nobody should have to suffer from. */
export interface HostileEdit {
  readonly name: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** The field the answer must name; null: the body as a whole is at fault. */
  readonly param: string | null;
  /** What is right; 400 unless told. */
  readonly status: number;
}

export const MIB = 1024 * 1024;

export const png = await makeImage('png', { width: 32, height: 24, noise: true });
export const jpeg = await makeImage('jpeg', { width: 32, height: 24, noise: true });
export const gif = await makeImage('gif', { width: 32, height: 24 });
export const tiff = await sharp(png).tiff().toBuffer();
export const mask = await sharp(png).ensureAlpha(0.5).png().toBuffer();
export const smallMask = await sharp(mask).resize(16, 12).png().toBuffer();

export const dataUrl = (bytes: Buffer, type = 'image/png') =>
  `data:${type};base64,${bytes.toString('base64')}`;

/** With a real header, so that only its length is at fault. */
export function largePng(bytes: number): Buffer {
  const data = Buffer.alloc(bytes + 8);
  data.writeUInt32BE(bytes, 0);
  data.write('IDAT', 4, 'latin1');
  return Buffer.concat([mask.subarray(0, 33), data]);
}
