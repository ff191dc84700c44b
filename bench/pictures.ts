import { createCipheriv, createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { PNG_SIGNATURE, pngChunk, pngIhdr } from '../test/support/images.js';

const WIDTH = 1024;
/** Ancillary, private, safe to copy: no reader of PNG minds it. */
const FILLER = 'paDd';
const FILLER_AT = 8 + 25;
/** Length and type before the data of a chunk, its checksum after. */
const CHUNK_HEAD = 8;
const CHUNK_FRAME = 12;
const SERIAL_BYTES = 8;
/** What a picture spends on its frame: IHDR, IEND, zlib's blocks, the filler. */
const OVERHEAD = 512;

const made = new Map<string, Buffer>();

/**
 * A PNG of exactly `bytes` bytes that does not compress, the same in every
 * process for the same variant: who asks for one knows what must come.
 */
export function picture(bytes: number, variant = 0): Buffer {
  const key = `${bytes} ${variant}`;
  const known = made.get(key);
  if (known) return known;
  const pixels = deflateSync(noise(bytes, variant), { level: 0 });
  const height = rowsOf(bytes);
  const around = [pngChunk('IDAT', pixels), pngChunk('IEND')];
  const before = [PNG_SIGNATURE, pngIhdr(WIDTH, height)];
  const used = [...before, ...around].reduce((sum, part) => sum + part.length, CHUNK_FRAME);
  const filler = pngChunk(FILLER, Buffer.alloc(bytes - used));
  const whole = Buffer.concat([...before, filler, ...around]);
  made.set(key, whole);
  return whole;
}

/** One pixel. */
export function smallPicture(): Buffer {
  const pixels = pngChunk('IDAT', deflateSync(Buffer.from([0, 90, 120, 160])));
  return Buffer.concat([PNG_SIGNATURE, pngIhdr(1, 1), pixels, pngChunk('IEND')]);
}

/** The same pixels in a file of its own: no store has met its hash before. */
export function numbered(original: Buffer, serial: number): Buffer {
  const length = original.readUInt32BE(FILLER_AT);
  const data = Buffer.from(original.subarray(FILLER_AT + CHUNK_HEAD).subarray(0, length));
  data.writeBigUInt64BE(BigInt(serial), 0);
  return Buffer.concat([
    original.subarray(0, FILLER_AT),
    pngChunk(FILLER, data),
    original.subarray(FILLER_AT + CHUNK_FRAME + length),
  ]);
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function rowsOf(bytes: number): number {
  const room = bytes - OVERHEAD - SERIAL_BYTES;
  const blocks = Math.ceil(room / 16_000) * 5;
  return Math.floor((room - blocks) / (WIDTH * 3 + 1));
}

/** Rows of random pixels, each behind its filter byte. */
function noise(bytes: number, variant: number): Buffer {
  const key = createHash('sha256').update(`pixels ${variant}`).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const row = WIDTH * 3 + 1;
  const raw = cipher.update(Buffer.alloc(row * rowsOf(bytes)));
  for (let at = 0; at < raw.length; at += row) raw[at] = 0;
  return raw;
}
