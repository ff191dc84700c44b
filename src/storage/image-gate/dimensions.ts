import type { GateLimits } from '../asset.js';
import { ImageRejectedError } from './image-rejected.error.js';

/** No model draws wider, and decoders and browsers begin to refuse near here. */
export const MAX_EDGE = 16_384;

/** Frames of an animation; image models of today give at most 16. */
export const MAX_FRAMES = 64;

export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

/** What a container walk established. */
export interface Header extends Dimensions {
  readonly frames: number;
  /** A PNG whose pixels may be transparent, as a mask must be. */
  readonly hasAlpha?: true;
}

/** Refuses what a decoder would have to pay for; called as soon as the header is read. */
export function checkDimensions({ width, height }: Dimensions, limits: GateLimits): void {
  if (width < 1 || height < 1 || width > MAX_EDGE || height > MAX_EDGE) {
    throw new ImageRejectedError('bad_dimensions', `an image of ${width}×${height} is refused`);
  }
  if (width * height > limits.maxPixels) {
    const limit = `at most ${limits.maxPixels} are allowed`;
    throw new ImageRejectedError('too_many_pixels', `${width}×${height} pixels; ${limit}`);
  }
}

/** Refuses an animation that would cost many times its first frame. */
export function checkFrames(frames: number): void {
  if (frames > MAX_FRAMES) {
    throw new ImageRejectedError('too_many_frames', `more than ${MAX_FRAMES} frames`);
  }
}

export function malformed(what: string): ImageRejectedError {
  return new ImageRejectedError('malformed', what);
}
