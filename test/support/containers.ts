import { deflateSync } from 'node:zlib';
import { PNG_SIGNATURE, pngChunk, pngIhdr } from './images.js';
import type { GateLimits } from '../../src/storage/asset.js';
import {
  ImageGate,
  type ImageFacts,
  ImageRejectedError,
} from '../../src/storage/image-gate/index.js';

export const LIMITS: GateLimits = {
  maxBytes: 20_000_000,
  maxPixels: 40_000_000,
  mediaTypes: ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/svg+xml'],
  decodePixels: false,
};

/** Feeds a file in pieces, each in a buffer of its own. */
export function inspect(
  file: Buffer,
  pieceBytes = file.length,
  limits: Partial<GateLimits> = {},
): ImageFacts {
  const gate = new ImageGate({ ...LIMITS, ...limits });
  for (let at = 0; at < file.length; at += pieceBytes) {
    gate.push(Buffer.from(file.subarray(at, at + pieceBytes)));
  }
  return gate.finish();
}

/** The reason why the gate refuses the file, or `accepted`. */
export function verdict(
  file: Buffer,
  limits: Partial<GateLimits> = {},
  pieceBytes = 1 << 16,
): string {
  try {
    inspect(file, pieceBytes, limits);
    return 'accepted';
  } catch (error) {
    if (error instanceof ImageRejectedError) return error.reason;
    throw error;
  }
}

export function png(...chunks: Buffer[]): Buffer {
  return Buffer.concat([PNG_SIGNATURE, ...chunks]);
}

export const PIXEL = pngChunk('IDAT', deflateSync(Buffer.from([0, 1, 2, 3])));
export const IHDR = pngIhdr(1, 1);
export const IEND = pngChunk('IEND');

/** A JPEG from its segments; each is marker and body without the length. */
export function segment(marker: number, body: number[]): Buffer {
  const length = body.length + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 255, ...body]);
}

export const SOI = Buffer.from([0xff, 0xd8]);
export const EOI = Buffer.from([0xff, 0xd9]);
export const SOF = segment(0xc0, [8, 0, 1, 0, 1, 1, 1, 0x11, 0]);
export const SCAN = Buffer.concat([
  segment(0xda, [1, 1, 0, 0, 63, 0]),
  Buffer.from([1, 0xff, 0, 2]),
]);

export function riff(...chunks: [string, Buffer][]): Buffer {
  const body = Buffer.concat(
    chunks.flatMap(([type, data]) => {
      const head = Buffer.alloc(8);
      head.write(type, 'latin1');
      head.writeUInt32LE(data.length, 4);
      return [head, data, Buffer.alloc(data.length % 2)];
    }),
  );
  const head = Buffer.alloc(12);
  head.write('RIFF', 'latin1');
  head.writeUInt32LE(body.length + 4, 4);
  head.write('WEBP', 8, 'latin1');
  return Buffer.concat([head, body]);
}

export const VP8 = Buffer.from([0, 0, 0, 0x9d, 0x01, 0x2a, 4, 0, 4, 0]);
export const vp8x = (flags: number, width: number, height: number) => {
  const data = Buffer.alloc(10);
  data[0] = flags;
  data.writeUIntLE(width - 1, 4, 3);
  data.writeUIntLE(height - 1, 7, 3);
  return data;
};
