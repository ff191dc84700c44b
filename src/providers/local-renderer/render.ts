import { setImmediate as nextTurn } from 'node:timers/promises';
import sharp, { type Sharp } from 'sharp';
import { compose, type Commission } from './compose.js';

export type OutputFormat = 'png' | 'jpeg' | 'webp';

export interface Encoding {
  readonly format: OutputFormat;
  /** 0 to 100 for JPEG and WebP. */
  readonly compression: number | undefined;
}

/**
 * Draws and encodes one picture. Composing takes this thread some milliseconds,
 * one turn of the event loop for each picture; rasterising and encoding run on
 * sharp's threads.
 */
export async function render(commission: Commission, encoding: Encoding): Promise<Buffer> {
  await nextTurn();
  const image = sharp(Buffer.from(compose(commission)), { limitInputPixels: false });
  return encode(commission.transparent ? image : image.removeAlpha(), encoding).toBuffer();
}

function encode(image: Sharp, { format, compression }: Encoding): Sharp {
  switch (format) {
    case 'jpeg':
      return image.jpeg({ quality: Math.max(1, compression ?? 88) });
    case 'webp':
      return image.webp({ quality: Math.max(1, compression ?? 86), effort: 1 });
    case 'png':
      return image.png({ compressionLevel: 4 });
  }
}
