import type { GateLimits } from '../asset.js';
import type { ByteFeed, Walk } from './byte-feed.js';
import { checkDimensions, type Dimensions, type Header, malformed } from './dimensions.js';
import { ImageRejectedError } from './image-rejected.error.js';

/** A progressive file has about ten; hundreds only make decoders slow. */
const MAX_SCANS = 64;

/** An ICC profile or a C2PA store of 10 MB takes 160 segments. */
const MAX_SEGMENTS = 4096;

const MARKER = 0xff;
const EOI = 0xd9;
const SOS = 0xda;

/** Baseline, extended and progressive: what every browser shows. */
const SHOWN_FRAMES = new Set([0xc0, 0xc1, 0xc2]);

/** C4, C8 and CC lie in the range of frame headers but are tables. */
const TABLES_AMONG_FRAMES = new Set([0xc4, 0xc8, 0xcc]);

interface JpegState {
  dimensions: Dimensions | null;
  scans: number;
}

/** Walks JPEG markers and scan data to EOI. Expects to stand after SOI. */
export function* walkJpeg(feed: ByteFeed, limits: GateLimits): Walk<Header> {
  const state: JpegState = { dimensions: null, scans: 0 };
  let marker = yield* readMarker(feed);
  for (let segments = 0; segments < MAX_SEGMENTS; segments++) {
    if (marker === EOI) return finish(state);
    if (isFrameHeader(marker)) {
      yield* readFrame(feed, marker, limits, state);
      marker = yield* readMarker(feed);
    } else if (marker === SOS) {
      yield* passScanHeader(feed, state);
      marker = yield* passScanData(feed);
    } else {
      yield* passSegment(feed, marker);
      marker = yield* readMarker(feed);
    }
  }
  throw new ImageRejectedError('too_many_parts', `a JPEG of more than ${MAX_SEGMENTS} segments`);
}

function finish({ dimensions, scans }: JpegState): Header {
  if (!dimensions || scans === 0) throw malformed('JPEG without a picture');
  return { ...dimensions, frames: 1 };
}

function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && !TABLES_AMONG_FRAMES.has(marker);
}

/** Any number of fill bytes may stand before the marker's code. */
function* readMarker(feed: ByteFeed): Walk<number> {
  if ((yield* feed.byte()) !== MARKER) throw malformed('JPEG marker expected');
  let code = yield* feed.byte();
  while (code === MARKER) code = yield* feed.byte();
  return code;
}

function* readLength(feed: ByteFeed): Walk<number> {
  const length = (yield* feed.take(2)).readUInt16BE(0);
  if (length < 2) throw malformed('JPEG segment length');
  return length - 2;
}

function* passSegment(feed: ByteFeed, marker: number): Walk<void> {
  // Below C0 there are only TEM, stuffed zeroes and reserved codes; D0 to D8 carry no length.
  if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd8)) throw malformed('JPEG marker');
  yield* feed.pass(yield* readLength(feed));
}

function* readFrame(
  feed: ByteFeed,
  marker: number,
  limits: GateLimits,
  state: JpegState,
): Walk<void> {
  if (!SHOWN_FRAMES.has(marker)) throw malformed('JPEG of a kind that browsers do not show');
  if (state.dimensions) throw malformed('JPEG with two frames');
  const length = yield* readLength(feed);
  if (length < 9) throw malformed('JPEG frame header length');
  const [precision, h1, h0, w1, w0, components] = yield* feed.take(6);
  if (precision !== 8 || ![1, 3, 4].includes(components) || length !== 6 + 3 * components) {
    throw malformed('JPEG frame header');
  }
  const dimensions = { width: w1 * 256 + w0, height: h1 * 256 + h0 };
  checkDimensions(dimensions, limits);
  state.dimensions = dimensions;
  yield* feed.pass(length - 6);
}

function* passScanHeader(feed: ByteFeed, state: JpegState): Walk<void> {
  if (!state.dimensions) throw malformed('JPEG scan before its frame');
  if (++state.scans > MAX_SCANS) {
    throw new ImageRejectedError('too_many_parts', `a JPEG of more than ${MAX_SCANS} scans`);
  }
  yield* feed.pass(yield* readLength(feed));
}

/** Passes entropy-coded bytes and returns the marker that ends them. */
function* passScanData(feed: ByteFeed): Walk<number> {
  for (;;) {
    yield* feed.passUntil(MARKER);
    let code = yield* feed.byte();
    while (code === MARKER) code = yield* feed.byte();
    const belongsToScan = code === 0 || (code >= 0xd0 && code <= 0xd7);
    if (!belongsToScan) return code;
  }
}
