import type { Sharp, SharpOptions } from 'sharp';
import type { GateLimits, ImageMediaType } from '../asset.js';
import { ImageRejectedError } from './image-rejected.error.js';
import type { ImageFacts } from './image-gate.js';

/** libvips' names of the formats the gate knows; SVG is never given to a renderer. */
const FORMATS: Readonly<Record<ImageMediaType, string | null>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/svg+xml': null,
};

/** Formats that nobody here reads stay closed: each is a parser open to whoever sends a file. */
const OPEN_LOADERS = ['Png', 'Jpeg', 'Webp', 'Nsgif', 'Svg'].map(
  (name) => `VipsForeignLoad${name}`,
);

type OpenImage = (path: string, options: SharpOptions) => Sharp;

let loading: Promise<OpenImage> | undefined;

/** Imported at first use: what must stand in the environment before libvips starts can still be set. */
function loadSharp(): Promise<OpenImage> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    // A cached operation would keep the file of a refused picture open, and its space taken.
    sharp.cache(false);
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({ operation: OPEN_LOADERS });
    return sharp;
  });
  return loading;
}

/**
 * A second opinion on a stored file: the decoder that browsers' relatives use
 * must read the same format and size in it as the container walk did. With
 * `limits.decodePixels` every pixel is decoded, row by row.
 *
 * Without that a PNG is not opened again: its format and size stand in one place,
 * whose checksum the walk has checked, as it has those of its pixels.
 *
 * @throws ImageRejectedError
 */
export async function confirmWithDecoder(
  path: string,
  facts: ImageFacts,
  limits: GateLimits,
): Promise<void> {
  const format = FORMATS[facts.mediaType];
  if (!format) return;
  if (facts.mediaType === 'image/png' && !limits.decodePixels) return;
  const openImage = await loadSharp();
  const options = { limitInputPixels: limits.maxPixels, failOn: 'error' } as const;
  try {
    const seen = await openImage(path, options).metadata();
    if (seen.format !== format || seen.width !== facts.width || seen.height !== facts.height) {
      throw new ImageRejectedError('undecodable', 'decoder and container walk disagree');
    }
    if (limits.decodePixels) await decodeAll(openImage(path, options));
  } catch (error) {
    if (error instanceof ImageRejectedError) throw error;
    throw new ImageRejectedError('undecodable', 'the decoder refuses the file', { cause: error });
  }
}

/** Averaging everything into one pixel reads every row and holds a few of them. */
async function decodeAll(image: Sharp): Promise<void> {
  await image
    .resize({ width: 1, height: 1, fit: 'fill', fastShrinkOnLoad: false })
    .raw()
    .toBuffer();
}
