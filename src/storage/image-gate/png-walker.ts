import { crc32 } from 'node:zlib';
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

/** A 50 MB file of 8 KiB chunks has 6,400; beyond this somebody is buying our time. */
const MAX_CHUNKS = 65_536;

const MAX_CHUNK_BYTES = 0x7fff_ffff;

const CRITICAL = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND']);

/** Bit depths per colour type, as the PNG specification lists them. */
const BIT_DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** Colour types with a channel for transparency; the others may have a tRNS chunk. */
const ALPHA_TYPES: ReadonlySet<number> = new Set([4, 6]);

interface PngState {
  frames: number;
  frameHeaders: number;
  hasPixels: boolean;
  hasPalette: boolean;
  hasAlpha: boolean;
  last: string;
}

/**
 * Walks PNG chunks from IHDR to IEND. The CRC of every critical chunk is
 * checked, which costs 0.3 ms per MiB and finds every flipped bit of a picture
 * without decoding it.
 */
export function* walkPng(feed: ByteFeed, limits: GateLimits): Walk<Header> {
  const { colourType, ...dimensions } = yield* readIhdr(feed, limits);
  const state: PngState = {
    frames: 1,
    frameHeaders: 0,
    hasPixels: false,
    hasPalette: false,
    hasAlpha: ALPHA_TYPES.has(colourType),
    last: 'IHDR',
  };
  for (let chunks = 1; chunks < MAX_CHUNKS; chunks++) {
    const { type, length } = yield* readChunkHead(feed);
    checkOrder(type, length, state);
    state.hasAlpha ||= type === 'tRNS';
    if (type === 'acTL') yield* readFrameCount(feed, length, state);
    else yield* passChunk(feed, type, length);
    state.last = type;
    if (type === 'IEND') {
      if (colourType === 3 && !state.hasPalette) throw malformed('PNG without its palette');
      return { ...dimensions, frames: state.frames, ...(state.hasAlpha && { hasAlpha: true }) };
    }
  }
  throw new ImageRejectedError('too_many_parts', `a PNG of more than ${MAX_CHUNKS} chunks`);
}

function* readIhdr(
  feed: ByteFeed,
  limits: GateLimits,
): Walk<Dimensions & { readonly colourType: number }> {
  const ihdr = yield* feed.take(25);
  if (ihdr.readUInt32BE(0) !== 13 || ihdr.toString('latin1', 4, 8) !== 'IHDR') {
    throw malformed('PNG does not begin with IHDR');
  }
  if (crc32(ihdr.subarray(4, 21)) !== ihdr.readUInt32BE(21)) throw malformed('PNG IHDR CRC');
  const dimensions = { width: ihdr.readUInt32BE(8), height: ihdr.readUInt32BE(12) };
  const [bitDepth, colourType, compression, filter, interlace] = ihdr.subarray(16, 21);
  if (!BIT_DEPTHS[colourType]?.includes(bitDepth)) throw malformed('PNG colour type or bit depth');
  if (compression !== 0 || filter !== 0 || interlace > 1) throw malformed('PNG IHDR methods');
  checkDimensions(dimensions, limits);
  return { ...dimensions, colourType };
}

function* readChunkHead(feed: ByteFeed): Walk<{ type: string; length: number }> {
  const head = yield* feed.take(8);
  const length = head.readUInt32BE(0);
  const type = head.toString('latin1', 4, 8);
  if (length > MAX_CHUNK_BYTES) throw malformed('PNG chunk length');
  if (!/^[A-Za-z]{4}$/.test(type)) throw malformed('PNG chunk type');
  return { type, length };
}

/** What each chunk must be and where it may stand. */
function checkOrder(type: string, length: number, state: PngState): void {
  switch (type) {
    case 'PLTE':
      return checkPalette(length, state);
    case 'IDAT':
      if (state.hasPixels && state.last !== 'IDAT') throw malformed('PNG IDAT chunks not in a row');
      state.hasPixels = true;
      return;
    case 'IEND':
      if (length !== 0 || !state.hasPixels) throw malformed('PNG IEND');
      return;
    case 'fcTL':
      // Counted too: a decoder may believe these rather than the number acTL states.
      return checkFrames(++state.frameHeaders);
    default:
      if (isCritical(type)) throw malformed('PNG with an unknown critical chunk');
  }
}

function checkPalette(length: number, state: PngState): void {
  if (state.hasPixels || state.hasPalette) throw malformed('PNG palette out of order');
  if (length === 0 || length > 768 || length % 3 !== 0) throw malformed('PNG palette length');
  state.hasPalette = true;
}

/** The fifth bit of a chunk's first letter: upper case must be understood. */
function isCritical(type: string): boolean {
  return type.charCodeAt(0) < 0x60;
}

function* readFrameCount(feed: ByteFeed, length: number, state: PngState): Walk<void> {
  if (length !== 8) throw malformed('PNG acTL length');
  const body = yield* feed.take(12);
  state.frames = body.readUInt32BE(0);
  if (state.frames === 0) throw malformed('PNG animation without frames');
  checkFrames(state.frames);
}

function* passChunk(feed: ByteFeed, type: string, length: number): Walk<void> {
  if (!CRITICAL.has(type)) return yield* feed.pass(length + 4);
  let crc = crc32(type);
  yield* feed.pass(length, (slice) => {
    crc = crc32(slice, crc);
  });
  const stated = (yield* feed.take(4)).readUInt32BE(0);
  if (stated !== crc) throw malformed(`PNG ${type} CRC`);
}
