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

const EXTENSION = 0x21;
const FRAME = 0x2c;
const TRAILER = 0x3b;

/** Extensions between frames: a few per frame are usual. */
const MAX_BLOCKS = 1024;

/** Walks GIF blocks to the trailer. Expects to stand after the six bytes `GIF8xa`. */
export function* walkGif(feed: ByteFeed, limits: GateLimits): Walk<Header> {
  const screen = yield* feed.take(7);
  const dimensions = { width: screen.readUInt16LE(0), height: screen.readUInt16LE(2) };
  checkDimensions(dimensions, limits);
  yield* passColourTable(feed, screen[4]);
  let frames = 0;
  for (let blocks = 0; blocks < MAX_BLOCKS; blocks++) {
    switch (yield* feed.byte()) {
      case EXTENSION:
        yield* feed.pass(1);
        yield* passSubBlocks(feed);
        break;
      case FRAME:
        checkFrames(++frames);
        yield* passFrame(feed, dimensions);
        break;
      case TRAILER:
        if (frames === 0) throw malformed('GIF without a picture');
        return { ...dimensions, frames };
      default:
        throw malformed('GIF block type');
    }
  }
  throw new ImageRejectedError('too_many_parts', `a GIF of more than ${MAX_BLOCKS} blocks`);
}

function* passFrame(feed: ByteFeed, screen: Dimensions): Walk<void> {
  const frame = yield* feed.take(9);
  const right = frame.readUInt16LE(0) + frame.readUInt16LE(4);
  const bottom = frame.readUInt16LE(2) + frame.readUInt16LE(6);
  // Decoders grow the picture to its frames, past what the header promised.
  if (right > screen.width || bottom > screen.height)
    throw malformed('GIF frame outside its screen');
  yield* passColourTable(feed, frame[8]);
  const codeSize = yield* feed.byte();
  if (codeSize < 2 || codeSize > 11) throw malformed('GIF code size');
  yield* passSubBlocks(feed);
}

function* passColourTable(feed: ByteFeed, flags: number): Walk<void> {
  if (flags & 0x80) yield* feed.pass(3 * 2 ** ((flags & 7) + 1));
}

function* passSubBlocks(feed: ByteFeed): Walk<void> {
  for (let length = yield* feed.byte(); length > 0; length = yield* feed.byte()) {
    yield* feed.pass(length);
  }
}
