import { setImmediate as nextTurn } from 'node:timers/promises';
import sharp, { type Sharp } from 'sharp';
import { compose, type Commission } from './compose.js';

export type OutputFormat = 'png' | 'jpeg' | 'webp';

const MAX_PREVIEWS = 3;
/** How many times smaller the first of three previews is drawn; each next one is twice as fine. */
const COARSEST = 32;

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

/**
 * The same picture as it might look on its way: drawn small with little detail,
 * then enlarged to its full size.
 *
 * @param left how many previews are still to come with this one: the more, the coarser
 */
export async function renderPreview(
  commission: Commission,
  encoding: Encoding,
  left: number,
): Promise<Buffer> {
  await nextTurn();
  const drawing = sharp(Buffer.from(compose({ ...commission, quality: 'low' })), {
    limitInputPixels: false,
  });
  return coarsen(drawing, commission, encoding, left);
}

/** A picture as it might look on its way: made small, then enlarged to its full size. */
export async function coarsen(
  drawing: Sharp,
  { width, height, transparent }: Commission,
  encoding: Encoding,
  left: number,
): Promise<Buffer> {
  const scale = COARSEST / 2 ** Math.max(0, MAX_PREVIEWS - left);
  const size = (edge: number) => Math.max(1, Math.round(edge / scale));
  const small = await drawing.resize(size(width), size(height), { fit: 'fill' }).png().toBuffer();
  const image = sharp(small).resize(width, height, { fit: 'fill', kernel: 'cubic' });
  return encode(transparent ? image : image.removeAlpha(), encoding).toBuffer();
}

/** In the file format asked for. */
export function encode(image: Sharp, { format, compression }: Encoding): Sharp {
  switch (format) {
    case 'jpeg':
      return image.jpeg({ quality: Math.max(1, compression ?? 88) });
    case 'webp':
      return image.webp({ quality: Math.max(1, compression ?? 86), effort: 1 });
    case 'png':
      return image.png({ compressionLevel: 4 });
  }
}
