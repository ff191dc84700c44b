import type { GateLimits, ImageMediaType } from '../asset.js';

/** What an input of an edit is for. */
export type InputRole = 'image' | 'mask';

/** OpenAI's limit of one image. */
export const MAX_INPUT_BYTES = 50 * 1024 * 1024;
export const MAX_MASK_BYTES = 4 * 1024 * 1024;
/** What the largest of common phone cameras take. */
export const MAX_INPUT_PIXELS = 50_000_000;

const IMAGE_TYPES: readonly ImageMediaType[] = ['image/png', 'image/jpeg', 'image/webp'];

/** Every pixel of what customers send is decoded: it is us who pass it on. */
export const INPUT_LIMITS: Readonly<Record<InputRole, GateLimits>> = {
  image: {
    maxBytes: MAX_INPUT_BYTES,
    maxPixels: MAX_INPUT_PIXELS,
    mediaTypes: IMAGE_TYPES,
    decodePixels: true,
  },
  mask: {
    maxBytes: MAX_MASK_BYTES,
    maxPixels: MAX_INPUT_PIXELS,
    mediaTypes: ['image/png'],
    decodePixels: true,
  },
};
