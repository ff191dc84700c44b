import { createHash } from 'node:crypto';
import sharp from 'sharp';

/**
 * Real pictures of any size, cached: every variant has its own bytes, so that tests can tell the
 * images of one answer apart by their SHA-256.
 *
 * @typedef {{ width: number, height: number, format: 'png' | 'jpeg' | 'webp', variant: number,
 *   detail: 'flat' | 'noise' }} PictureWish
 * @typedef {{ bytes: Buffer, base64: string, sha256: string, mediaType: string }} Picture
 */

/** @type {Map<string, Promise<Picture>>} */
const cache = new Map();

/** @param {PictureWish} wish @returns {Promise<Picture>} */
export function picture(wish) {
  const key = JSON.stringify([wish.width, wish.height, wish.format, wish.variant, wish.detail]);
  let made = cache.get(key);
  if (!made) {
    made = draw(wish);
    cache.set(key, made);
  }
  return made;
}

/** @param {PictureWish} wish @returns {Promise<Picture>} */
async function draw(wish) {
  const bytes = await encode(canvas(wish), wish).toBuffer();
  return describe(bytes, `image/${wish.format}`);
}

/** @param {Buffer} bytes @param {string} mediaType @returns {Picture} */
export function describe(bytes, mediaType) {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { bytes, base64: bytes.toString('base64'), sha256, mediaType };
}

/** @param {PictureWish} wish */
function canvas({ width, height, variant, detail }) {
  if (detail === 'noise') {
    const raw = { width, height, channels: /** @type {3} */ (3) };
    return sharp(noise(width * height * 3, variant + 1), { raw });
  }
  const background = { r: (variant * 67) % 256, g: (variant * 29 + 90) % 256, b: 160 };
  return sharp({ create: { width, height, channels: 3, background } });
}

/** @param {sharp.Sharp} drawing @param {PictureWish} wish */
function encode(drawing, { format, detail }) {
  if (format === 'jpeg') return drawing.jpeg({ quality: 90 });
  if (format === 'webp') return drawing.webp({ effort: 0, lossless: detail === 'noise' });
  return drawing.png({ compressionLevel: detail === 'noise' ? 0 : 6 });
}

/** Pixels that do not compress, the same for the same seed. @param {number} length @param {number} seed */
function noise(length, seed) {
  const bytes = Buffer.allocUnsafe(length);
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let at = 0; at < length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  return bytes;
}
