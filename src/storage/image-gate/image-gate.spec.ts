import { describe, expect, it } from '@jest/globals';
import {
  makeAnimation,
  makeImage,
  makePngBomb,
  makeSvg,
  pngChunk,
  pngIhdr,
} from '../../../test/support/images.js';
import {
  EOI,
  IEND,
  IHDR,
  inspect,
  LIMITS,
  PIXEL,
  png,
  SCAN,
  segment,
  SOF,
  SOI,
  verdict,
} from '../../../test/support/containers.js';
import { ImageGate, ImageRejectedError } from './index.js';

describe(ImageGate.name, () => {
  describe('with whole pictures', () => {
    it.each(['png', 'jpeg', 'webp', 'gif'] as const)(
      'takes type and size of a %s from its bytes, whatever the pieces it arrives in',
      async (format) => {
        const file = await makeImage(format, { width: 33, height: 21, noise: true });
        const facts = {
          mediaType: `image/${format}`,
          width: 33,
          height: 21,
          bytes: file.length,
          frames: 1,
        };
        for (const piece of [1, 2, 3, 7, 64, file.length]) {
          expect(inspect(file, piece)).toEqual(facts);
        }
      },
    );

    it('does not care where a file is split in two', async () => {
      for (const file of [await makeImage('png'), await makeImage('webp'), makeSvg()]) {
        for (let at = 0; at <= file.length; at++) {
          const gate = new ImageGate(LIMITS);
          gate.push(file.subarray(0, at));
          gate.push(file.subarray(at));
          expect(gate.finish().width).toBe(64);
        }
      }
    });

    it('reads progressive JPEG, lossless and transparent WebP', async () => {
      const { default: sharp } = await import('sharp');
      const source = await makeImage('png', { width: 70, height: 50, noise: true });
      const files = [
        await sharp(source).jpeg({ progressive: true }).toBuffer(),
        await sharp(source).webp({ lossless: true }).toBuffer(),
        await sharp(source).ensureAlpha(0.5).webp().toBuffer(),
        await sharp(source).png({ palette: true }).toBuffer(),
        await sharp(source).toColourspace('cmyk').jpeg().toBuffer(),
        await sharp(source).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      ];
      for (const file of files) {
        expect(inspect(file)).toMatchObject({ width: 70, height: 50 });
      }
    });

    it.each(['gif', 'webp'] as const)('counts the frames of an animated %s', async (format) => {
      expect(inspect(await makeAnimation(format, 5))).toMatchObject({ frames: 5, height: 16 });
    });

    it('never keeps the buffers it is lent', async () => {
      const file = await makeImage('jpeg', { noise: true });
      const gate = new ImageGate(LIMITS);
      const lent = Buffer.alloc(100);
      for (let at = 0; at < file.length; at += 100) {
        const length = file.copy(lent, 0, at, at + 100);
        gate.push(lent.subarray(0, length));
        lent.fill(0xee);
      }
      expect(gate.finish()).toMatchObject({ width: 64, height: 48 });
    });
  });

  describe('with files that are not whole', () => {
    it.each(['png', 'jpeg', 'webp', 'gif'] as const)(
      'refuses a %s cut at any byte as truncated',
      async (format) => {
        const file = await makeImage(format, { width: 12, height: 9, noise: true });
        for (let length = 1; length < file.length; length++) {
          expect(verdict(file.subarray(0, length))).toBe('truncated');
        }
      },
    );

    it('refuses an SVG cut at any byte, and one without bytes', () => {
      const file = makeSvg();
      for (let length = 1; length < file.length; length++) {
        expect(verdict(file.subarray(0, length))).toBe('truncated');
      }
      expect(verdict(Buffer.alloc(0))).toBe('empty');
    });

    it.each(['png', 'jpeg', 'webp', 'gif'] as const)(
      'refuses bytes behind the end marker of a %s, in the same piece or a later one',
      async (format) => {
        const file = await makeImage(format);
        for (const tail of ['<script>alert(1)</script>', 'PK\u0003\u0004', '\u0000', '\n']) {
          const polyglot = Buffer.concat([file, Buffer.from(tail)]);
          expect(verdict(polyglot)).toBe('trailing_bytes');
          expect(verdict(polyglot, {}, 1)).toBe('trailing_bytes');
          expect(verdict(polyglot, {}, file.length)).toBe('trailing_bytes');
        }
      },
    );

    it('refuses two pictures in one file', async () => {
      const file = await makeImage('png');
      expect(verdict(Buffer.concat([file, file]))).toBe('trailing_bytes');
    });
  });

  describe('with things that are no picture', () => {
    it.each([
      ['HTML', '<!doctype html><html><body>502 Bad Gateway</body></html>', 'active_content'],
      ['a page', '<html><head></head><body>hi</body></html>', 'malformed'],
      ['JSON', '{"error":{"message":"rate limit"}}', 'not_an_image'],
      ['HTTP', 'HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n', 'not_an_image'],
      ['PDF', '%PDF-1.7 and so on', 'not_an_image'],
      ['TIFF', 'II*\u0000 and so on and on', 'not_an_image'],
      ['AVIF', '\u0000\u0000\u0000\u0020ftypavif and so on', 'not_an_image'],
      ['RIFF sound', 'RIFF\u0000\u0001\u0000\u0000WAVEfmt ', 'not_an_image'],
      ['base64 text', 'iVBORw0KGgoAAAANSUhEUgAA', 'not_an_image'],
      ['a short word', 'no', 'truncated'],
    ])('refuses %s', (_name, text, reason) => {
      expect(verdict(Buffer.from(text, 'latin1'))).toBe(reason);
    });

    it('refuses a type that the model does not give', async () => {
      const limits = { mediaTypes: ['image/png'] as const };
      expect(verdict(await makeImage('gif'), limits)).toBe('type_not_allowed');
      expect(verdict(makeSvg(), limits)).toBe('not_an_image');
      expect(verdict(await makeImage('png'), limits)).toBe('accepted');
    });
  });

  describe('with too much', () => {
    it('refuses a bomb at its header, before the body has arrived', () => {
      const bomb = makePngBomb(16_000);
      expect(bomb.length).toBeLessThan(40_000);
      const gate = new ImageGate(LIMITS);
      expect(() => gate.push(bomb.subarray(0, 40))).toThrow(ImageRejectedError);
      expect(verdict(bomb)).toBe('too_many_pixels');
      expect(verdict(makePngBomb(30_000).subarray(0, 60))).toBe('bad_dimensions');
    });

    it('counts bytes and pixels to the last one allowed', async () => {
      const file = await makeImage('png', { width: 10, height: 10 });
      expect(verdict(file, { maxBytes: file.length, maxPixels: 100 })).toBe('accepted');
      expect(verdict(file, { maxBytes: file.length - 1 })).toBe('too_many_bytes');
      expect(verdict(file, { maxPixels: 99 })).toBe('too_many_pixels');
    });

    it.each([
      [0, 1],
      [1, 0],
      [0, 0],
      [1, 65_535],
      [65_535, 1],
      [0xffff_ffff, 0xffff_ffff],
    ])('refuses a PNG of %i × %i', (width, height) => {
      expect(verdict(png(pngIhdr(width, height), PIXEL, IEND))).toBe('bad_dimensions');
    });

    it('refuses animations of thousands of frames', async () => {
      expect(verdict(await makeAnimation('gif', 65))).toBe('too_many_frames');
      expect(verdict(await makeAnimation('webp', 65))).toBe('too_many_frames');
      const frames = Buffer.alloc(8);
      frames.writeUInt32BE(10_000, 0);
      expect(verdict(png(IHDR, pngChunk('acTL', frames), PIXEL, IEND))).toBe('too_many_frames');
      const controls = Array.from({ length: 65 }, () => pngChunk('fcTL', Buffer.alloc(26)));
      expect(verdict(png(IHDR, PIXEL, ...controls, IEND))).toBe('too_many_frames');
    });

    it('refuses containers of countless parts without walking through them for long', () => {
      const before = process.cpuUsage();
      const chunks = Buffer.concat(Array<Buffer>(70_000).fill(pngChunk('tEXt')));
      expect(verdict(png(IHDR, PIXEL, chunks, IEND))).toBe('too_many_parts');
      const scans = Buffer.concat(Array<Buffer>(70).fill(SCAN));
      expect(verdict(Buffer.concat([SOI, SOF, scans, EOI]))).toBe('too_many_parts');
      const comments = Buffer.concat(Array<Buffer>(5000).fill(segment(0xfe, [1])));
      expect(verdict(Buffer.concat([SOI, comments, SOF, SCAN, EOI]))).toBe('too_many_parts');
      expect(process.cpuUsage(before).user / 1_000).toBeLessThan(10_000);
    });
  });
});
