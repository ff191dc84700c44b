import type { Walk } from '../image-gate/byte-feed.js';
import { removeGps } from './exif.js';
import type { Rewriter } from './rewriter.js';
import { blankGpsXmp } from './xmp.js';

/** As many as the image gate lets pass. */
const MAX_SEGMENTS = 4096;

const MARKER = 0xff;
const EOI = 0xd9;
const SOS = 0xda;
const APP1 = 0xe1;

const EXIF = 'Exif\0\0';
/** Each with the bytes before its packet: the name, and of the extension a hash and two lengths. */
const XMP: readonly (readonly [name: string, before: number])[] = [
  ['http://ns.adobe.com/xap/1.0/\0', 29],
  ['http://ns.adobe.com/xmp/extension/\0', 75],
];

/** Passes segments and scans to the end of the picture. Expects to stand after SOI. */
export function* scrubJpeg(rewriter: Rewriter): Walk<void> {
  let marker = yield* readMarker(rewriter);
  for (let segments = 0; segments < MAX_SEGMENTS; segments++) {
    if (marker === null || marker === EOI || !hasLength(marker)) return;
    const length = (yield* rewriter.feed.take(2)).readUInt16BE(0) - 2;
    if (length < 0) return;
    if (marker === APP1) yield* scrubSegment(rewriter, length);
    else yield* rewriter.feed.pass(length);
    marker = marker === SOS ? yield* passScan(rewriter) : yield* readMarker(rewriter);
  }
}

function* readMarker({ feed }: Rewriter): Walk<number | null> {
  if ((yield* feed.byte()) !== MARKER) return null;
  let code = yield* feed.byte();
  while (code === MARKER) code = yield* feed.byte();
  return code;
}

function hasLength(marker: number): boolean {
  return marker >= 0xc0 && (marker < 0xd0 || marker > 0xd8);
}

function* scrubSegment(rewriter: Rewriter, length: number): Walk<void> {
  rewriter.hold();
  const segment = yield* rewriter.collect(length);
  if (startsWith(segment, EXIF)) removeGps(segment);
  for (const [name, before] of XMP) {
    if (startsWith(segment, name)) blankGpsXmp(segment, before);
  }
  rewriter.replace(segment);
}

function startsWith(segment: Buffer, name: string): boolean {
  return segment.toString('latin1', 0, name.length) === name;
}

function* passScan({ feed }: Rewriter): Walk<number> {
  for (;;) {
    yield* feed.passUntil(MARKER);
    let code = yield* feed.byte();
    while (code === MARKER) code = yield* feed.byte();
    const belongsToScan = code === 0 || (code >= 0xd0 && code <= 0xd7);
    if (!belongsToScan) return code;
  }
}
