import type { GateLimits } from '../asset.js';
import type { ByteFeed, Walk } from './byte-feed.js';
import {
  checkDimensions,
  checkFrames,
  type Dimensions,
  type Header,
  malformed,
} from './dimensions.js';
import { ImageRejectedError } from './image-rejected.error.js';

const MAX_CHUNKS = 4096;
const ANIMATION_FLAG = 0x02;

interface WebpState {
  canvas: Dimensions | null;
  picture: Dimensions | null;
  animated: boolean;
  frames: number;
  left: number;
}

/**
 * Walks the chunks of a WebP file to the end that its RIFF header states.
 *
 * @param riffBytes the size from the RIFF header, which counts from `WEBP` on;
 * the feed stands after `WEBP`.
 */
export function* walkWebp(feed: ByteFeed, limits: GateLimits, riffBytes: number): Walk<Header> {
  const state: WebpState = {
    canvas: null,
    picture: null,
    animated: false,
    frames: 0,
    left: riffBytes - 4,
  };
  for (let chunks = 0; state.left > 0; chunks++) {
    if (chunks === MAX_CHUNKS) {
      throw new ImageRejectedError('too_many_parts', `a WebP of more than ${MAX_CHUNKS} chunks`);
    }
    yield* walkChunk(feed, limits, state);
  }
  return finish(state);
}

function* walkChunk(feed: ByteFeed, limits: GateLimits, state: WebpState): Walk<void> {
  if (state.left < 8) throw malformed('WebP chunk past the end of its RIFF');
  const head = yield* feed.take(8);
  const type = head.toString('latin1', 0, 4);
  const length = head.readUInt32LE(4);
  const padded = length + (length % 2);
  state.left -= 8 + padded;
  if (state.left < 0) throw malformed('WebP chunk past the end of its RIFF');
  if (!state.canvas && !state.picture && !['VP8 ', 'VP8L', 'VP8X'].includes(type)) {
    throw malformed('WebP does not begin with a picture');
  }
  const read = yield* readHeader(feed, type, length, state);
  yield* feed.pass(padded - read);
  if (state.canvas) checkDimensions(state.canvas, limits);
  if (state.picture) checkDimensions(state.picture, limits);
}

/** Reads what the gate needs of a chunk and returns how many bytes that took. */
function* readHeader(feed: ByteFeed, type: string, length: number, state: WebpState): Walk<number> {
  switch (type) {
    case 'VP8 ':
      setPicture(state, readVp8(yield* takeHeader(feed, length, 10)));
      return 10;
    case 'VP8L':
      setPicture(state, readVp8l(yield* takeHeader(feed, length, 5)));
      return 5;
    case 'VP8X':
      readVp8x(yield* takeHeader(feed, length, 10), state);
      return 10;
    case 'ANMF':
      checkFrames(++state.frames);
      checkFrame(yield* takeHeader(feed, length, 16), state.canvas);
      return 16;
    default:
      return 0;
  }
}

function* takeHeader(feed: ByteFeed, length: number, need: number): Walk<Buffer> {
  if (length < need) throw malformed('WebP chunk length');
  return yield* feed.take(need);
}

function setPicture(state: WebpState, picture: Dimensions): void {
  if (state.picture) throw malformed('WebP with two pictures');
  state.picture = picture;
}

function readVp8(head: Buffer): Dimensions {
  const isKeyFrame = (head[0] & 1) === 0;
  if (!isKeyFrame || head.readUIntBE(3, 3) !== 0x9d012a) throw malformed('WebP lossy header');
  return { width: head.readUInt16LE(6) & 0x3fff, height: head.readUInt16LE(8) & 0x3fff };
}

function readVp8l(head: Buffer): Dimensions {
  const bits = head.readUInt32LE(1);
  if (head[0] !== 0x2f || bits >>> 29 !== 0) throw malformed('WebP lossless header');
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

function readVp8x(head: Buffer, state: WebpState): void {
  if (state.canvas || state.picture) throw malformed('WebP header out of order');
  state.animated = (head[0] & ANIMATION_FLAG) !== 0;
  state.canvas = { width: head.readUIntLE(4, 3) + 1, height: head.readUIntLE(7, 3) + 1 };
}

function checkFrame(head: Buffer, canvas: Dimensions | null): void {
  const right = 2 * head.readUIntLE(0, 3) + head.readUIntLE(6, 3) + 1;
  const bottom = 2 * head.readUIntLE(3, 3) + head.readUIntLE(9, 3) + 1;
  if (!canvas || right > canvas.width || bottom > canvas.height) {
    throw malformed('WebP frame outside its canvas');
  }
}

function finish({ canvas, picture, animated, frames }: WebpState): Header {
  const size = canvas ?? picture;
  if (!size || animated !== frames > 0 || animated === (picture !== null)) {
    throw malformed('WebP without a picture, or with two kinds of them');
  }
  if (picture && (picture.width !== size.width || picture.height !== size.height)) {
    throw malformed('WebP canvas and picture differ');
  }
  return { ...size, frames: Math.max(1, frames) };
}
