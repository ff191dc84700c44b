import type { InputRole } from '../../storage/index.js';

/** `image`, `image[]`, `image[0]`: clients number, repeat and collect as they please. */
const IMAGE = /^images?$|^images?\[\d{0,3}\]$/;

/** What a file is for, by the name of its field; null where files mean nothing. */
export function placeOf(field: string): InputRole | null {
  if (field === 'mask') return 'mask';
  return IMAGE.test(field) ? 'image' : null;
}
