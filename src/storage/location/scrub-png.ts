import { crc32, inflateSync } from 'node:zlib';
import type { Walk } from '../image-gate/byte-feed.js';
import { removeGps } from './exif.js';
import type { Rewriter } from './rewriter.js';

/** As many as the image gate lets pass. */
const MAX_CHUNKS = 65_536;
/** Metadata is a few kB; a larger block is left out unread. */
const MAX_BLOCK_BYTES = 1024 * 1024;

const TEXTS: ReadonlySet<string> = new Set(['tEXt', 'zTXt', 'iTXt']);
/** A keyword has at most 79 bytes and a NUL after it. */
const TEXT_HEAD_BYTES = 80;
const XMP = 'XML:com.adobe.xmp';
/** How ImageMagick and its kin carry EXIF in text chunks. */
const RAW_PROFILE = /^Raw profile type (?:exif|app1|xmp)$/i;

/** Passes chunks to the end of the picture. Expects to stand after the signature. */
export function* scrubPng(rewriter: Rewriter): Walk<void> {
  for (let chunks = 0; chunks < MAX_CHUNKS; chunks++) {
    rewriter.hold();
    const head = yield* rewriter.feed.take(8);
    const length = head.readUInt32BE(0);
    const type = head.toString('latin1', 4);
    if (type === 'eXIf') {
      yield* scrubExif(rewriter, head, length);
    } else if (TEXTS.has(type)) {
      yield* scrubText(rewriter, head, length);
    } else {
      rewriter.replace(head);
      yield* rewriter.feed.pass(length + 4);
    }
    if (type === 'IEND') return;
  }
}

function* scrubExif(rewriter: Rewriter, head: Buffer, length: number): Walk<void> {
  if (length > MAX_BLOCK_BYTES) return yield* leaveOut(rewriter, length + 4);
  const block = yield* rewriter.collect(length);
  const crc = yield* rewriter.collect(4);
  if (removeGps(block)) crc.writeUInt32BE(crc32(block, crc32('eXIf')));
  rewriter.replace(head, block, crc);
}

/** Texts are independent of each other and of the pixels: one that may tell the place is left out. */
function* scrubText(rewriter: Rewriter, head: Buffer, length: number): Walk<void> {
  const begin = yield* rewriter.feed.take(Math.min(length, TEXT_HEAD_BYTES));
  const keyword = begin.toString('latin1', 0, Math.max(0, begin.indexOf(0)));
  const rest = length - begin.length;
  if (RAW_PROFILE.test(keyword)) return yield* leaveOut(rewriter, rest + 4);
  if (keyword !== XMP) {
    rewriter.replace(head, begin);
    return yield* rewriter.feed.pass(rest + 4);
  }
  if (rest > MAX_BLOCK_BYTES) return yield* leaveOut(rewriter, rest + 4);
  const body = yield* rewriter.collect(rest + 4);
  const text = Buffer.concat([begin, body]);
  const packet = packetOf(head.toString('latin1', 4), text.subarray(0, length));
  if (packet === null || packet.includes('GPS')) rewriter.replace();
  else rewriter.replace(head, text);
}

/** The XMP in a text chunk; null when it cannot be read. */
function packetOf(type: string, text: Buffer): Buffer | null {
  const value = text.subarray(XMP.length + 1);
  if (type === 'tEXt') return value;
  if (type === 'zTXt') return inflated(value.subarray(1));
  const [isCompressed] = value;
  const language = value.indexOf(0, 2);
  const translated = value.indexOf(0, language + 1);
  if (language < 0 || translated < 0) return null;
  const packet = value.subarray(translated + 1);
  return isCompressed === 0 ? packet : inflated(packet);
}

function inflated(bytes: Buffer): Buffer | null {
  try {
    return inflateSync(bytes, { maxOutputLength: MAX_BLOCK_BYTES });
  } catch {
    return null;
  }
}

function* leaveOut(rewriter: Rewriter, length: number): Walk<void> {
  yield* rewriter.feed.pass(length);
  rewriter.replace();
}
