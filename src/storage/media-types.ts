import type { ImageMediaType } from './asset.js';

/** File name endings in links, without the dot. */
export const EXTENSION_OF: Readonly<Record<ImageMediaType, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/svg+xml': 'svg',
};
