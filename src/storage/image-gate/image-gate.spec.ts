import { describe, expect, it } from '@jest/globals';
import { deflateSync } from 'node:zlib';
import {
  makeAnimation,
  makeImage,
  makePngBomb,
  makeSvg,
  PNG_SIGNATURE,
  pngChunk,
  pngIhdr,
} from '../../../test/support/images.js';
import type { GateLimits } from '../asset.js';
import { ImageGate, ImageRejectedError } from './index.js';

const LIMITS: GateLimits = {
  maxBytes: 20_000_000,
  maxPixels: 40_000_000,
  mediaTypes: ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/svg+xml'],
  decodePixels: false,
};

function inspect(file: Buffer, pieceBytes = file.length, limits: Partial<GateLimits> = {}) {
  const gate = new ImageGate({ ...LIMITS, ...limits });
  for (let at = 0; at < file.length; at += pieceBytes) {
    gate.push(Buffer.from(file.subarray(at, at + pieceBytes)));
  }
  return gate.finish();
}

/** The reason why the gate refuses the file, or `accepted`. */
function verdict(file: Buffer, limits: Partial<GateLimits> = {}, pieceBytes = 1 << 16): string {
  try {
    inspect(file, pieceBytes, limits);
    return 'accepted';
  } catch (error) {
    if (error instanceof ImageRejectedError) return error.reason;
    throw error;
  }
}

function png(...chunks: Buffer[]): Buffer {
  return Buffer.concat([PNG_SIGNATURE, ...chunks]);
}

const PIXEL = pngChunk('IDAT', deflateSync(Buffer.from([0, 1, 2, 3])));
const IHDR = pngIhdr(1, 1);
const IEND = pngChunk('IEND');

/** A JPEG from its segments; each is marker and body without the length. */
function segment(marker: number, body: number[]): Buffer {
  const length = body.length + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 255, ...body]);
}

const SOI = Buffer.from([0xff, 0xd8]);
const EOI = Buffer.from([0xff, 0xd9]);
const SOF = segment(0xc0, [8, 0, 1, 0, 1, 1, 1, 0x11, 0]);
const SCAN = Buffer.concat([segment(0xda, [1, 1, 0, 0, 63, 0]), Buffer.from([1, 0xff, 0, 2])]);

function riff(...chunks: [string, Buffer][]): Buffer {
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

const VP8 = Buffer.from([0, 0, 0, 0x9d, 0x01, 0x2a, 4, 0, 4, 0]);
const vp8x = (flags: number, width: number, height: number) => {
  const data = Buffer.alloc(10);
  data[0] = flags;
  data.writeUIntLE(width - 1, 4, 3);
  data.writeUIntLE(height - 1, 7, 3);
  return data;
};

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

    it('refuses containers of countless parts, in well under a second', () => {
      const begun = performance.now();
      const chunks = Buffer.concat(Array<Buffer>(70_000).fill(pngChunk('tEXt')));
      expect(verdict(png(IHDR, PIXEL, chunks, IEND))).toBe('too_many_parts');
      const scans = Buffer.concat(Array<Buffer>(70).fill(SCAN));
      expect(verdict(Buffer.concat([SOI, SOF, scans, EOI]))).toBe('too_many_parts');
      const comments = Buffer.concat(Array<Buffer>(5000).fill(segment(0xfe, [1])));
      expect(verdict(Buffer.concat([SOI, comments, SOF, SCAN, EOI]))).toBe('too_many_parts');
      expect(performance.now() - begun).toBeLessThan(1000);
    });
  });

  describe('with a malformed PNG', () => {
    const flipped = Buffer.from(PIXEL);
    flipped[10] ^= 1;
    const wrongIhdr = Buffer.from(IHDR);
    wrongIhdr[12] ^= 1;

    it.each([
      ['no header', png(PIXEL, IEND)],
      ['no pixels', png(IHDR, IEND)],
      ['a flipped bit in its pixels', png(IHDR, flipped, IEND)],
      ['a flipped bit in its header', png(wrongIhdr, PIXEL, IEND)],
      ['pixels in two places', png(IHDR, PIXEL, pngChunk('tEXt'), PIXEL, IEND)],
      ['two headers', png(IHDR, IHDR, PIXEL, IEND)],
      ['an unknown critical chunk', png(IHDR, pngChunk('EVIL'), PIXEL, IEND)],
      ['a chunk without a name', png(IHDR, pngChunk('\u0000\u0001ab'), PIXEL, IEND)],
      ['a chunk of 4 GB', png(IHDR, Buffer.from('ffffffff74455874', 'hex'), PIXEL)],
      ['content in IEND', png(IHDR, PIXEL, pngChunk('IEND', Buffer.from('x')))],
      ['an impossible depth', png(pngIhdr(1, 1, { bitDepth: 4, colourType: 2 }), PIXEL, IEND)],
      ['a missing palette', png(pngIhdr(1, 1, { colourType: 3 }), PIXEL, IEND)],
      ['a palette of 2 bytes', png(IHDR, pngChunk('PLTE', Buffer.alloc(2)), PIXEL, IEND)],
      ['an acTL of 3 bytes', png(IHDR, pngChunk('acTL', Buffer.alloc(3)), PIXEL, IEND)],
    ])('refuses %s', (_name, file) => {
      expect(verdict(file)).toBe('malformed');
      expect(verdict(file, {}, 1)).toBe('malformed');
    });

    it('keeps a provenance chunk that it does not know', () => {
      const c2pa = pngChunk('caBX', Buffer.alloc(100_000, 7));
      expect(verdict(png(IHDR, c2pa, PIXEL, IEND))).toBe('accepted');
    });
  });

  describe('with a malformed JPEG', () => {
    it.each([
      ['no frame', [SOI, SCAN, EOI]],
      ['no scan', [SOI, SOF, EOI]],
      ['nothing', [SOI, EOI, Buffer.alloc(20)]],
      ['two frames', [SOI, SOF, SOF, SCAN, EOI]],
      ['a lossless frame', [SOI, segment(0xc3, [8, 0, 1, 0, 1, 1, 1, 0x11, 0]), SCAN, EOI]],
      ['12 bits per sample', [SOI, segment(0xc0, [12, 0, 1, 0, 1, 1, 1, 0x11, 0]), SCAN, EOI]],
      ['nine components', [SOI, segment(0xc0, [8, 0, 1, 0, 1, 9, 1, 0x11, 0]), SCAN, EOI]],
      ['a frame header too short', [SOI, segment(0xc0, [8, 0, 1]), SCAN, EOI]],
      ['a segment of length 1', [SOI, Buffer.from([0xff, 0xe0, 0, 1]), SOF, SCAN, EOI]],
      ['rubbish between segments', [SOI, SOF, Buffer.from('junk'), SCAN, EOI]],
      ['a second SOI', [SOI, SOI, SOF, SCAN, EOI]],
    ])('refuses %s', (_name, parts) => {
      expect(verdict(Buffer.concat(parts))).toBe('malformed');
      expect(verdict(Buffer.concat(parts), {}, 1)).toBe('malformed');
    });

    it('refuses one without a height', () => {
      const noHeight = segment(0xc0, [8, 0, 0, 0, 1, 1, 1, 0x11, 0]);
      expect(verdict(Buffer.concat([SOI, noHeight, SCAN, EOI]))).toBe('bad_dimensions');
    });

    it('passes stuffed bytes, restart markers and fill bytes inside a scan', () => {
      const data = Buffer.from([0xff, 0, 0xff, 0xd0, 1, 0xff, 0xd7, 0xff, 0xff]);
      const file = Buffer.concat([SOI, SOF, SCAN, data, EOI]);
      for (const piece of [1, 2, 3, 64]) expect(inspect(file, piece).bytes).toBe(file.length);
    });
  });

  describe('with a malformed WebP', () => {
    const animation: [string, Buffer] = ['ANMF', Buffer.alloc(30)];

    it.each([
      ['no chunks', riff()],
      ['another chunk first', riff(['EXIF', Buffer.alloc(4)], ['VP8 ', VP8])],
      ['a wrong start code', riff(['VP8 ', Buffer.alloc(10)])],
      ['a picture of 4 bytes', riff(['VP8 ', VP8.subarray(0, 4)])],
      ['a wrong lossless signature', riff(['VP8L', Buffer.alloc(8)])],
      ['two pictures', riff(['VP8 ', VP8], ['VP8 ', VP8])],
      ['a canvas of another size', riff(['VP8X', vp8x(0, 5, 4)], ['VP8 ', VP8])],
      ['a canvas without a picture', riff(['VP8X', vp8x(0, 5, 4)])],
      ['an animation without frames', riff(['VP8X', vp8x(2, 5, 4)])],
      ['frames without the flag', riff(['VP8X', vp8x(0, 5, 4)], animation)],
      ['a frame outside its canvas', riff(['VP8X', vp8x(2, 5, 4)], ['ANMF', Buffer.alloc(30, 9)])],
      ['two canvases', riff(['VP8X', vp8x(0, 4, 4)], ['VP8X', vp8x(0, 4, 4)], ['VP8 ', VP8])],
    ])('refuses %s', (_name, file) => {
      expect(verdict(file)).toBe('malformed');
      expect(verdict(file, {}, 1)).toBe('malformed');
    });

    it('refuses a chunk that reaches past the end of its RIFF', () => {
      const file = riff(['VP8 ', VP8]);
      file.writeUInt32LE(VP8.length + 100, 16);
      expect(verdict(file)).toBe('malformed');
    });

    it('refuses a bomb', () => {
      expect(verdict(riff(['VP8X', vp8x(0, 16_384, 16_384)], ['VP8 ', VP8]))).toBe(
        'too_many_pixels',
      );
      expect(verdict(riff(['VP8X', vp8x(0, 1 << 24, 1)], ['VP8 ', VP8]))).toBe('bad_dimensions');
    });
  });

  describe('with a malformed GIF', () => {
    it.each([
      ['an unknown block', (file: Buffer) => file.fill(0x99, 13, 14)],
      ['a frame outside its screen', (file: Buffer) => file.fill(1, 6, 7)],
    ])('refuses %s', async (_name, spoil) => {
      const file = Buffer.from('47494638396140003000000000', 'hex');
      const frame = Buffer.from('2c0000000040003000000202014c00', 'hex');
      const whole = Buffer.concat([file, frame, Buffer.from([0x3b])]);
      expect(verdict(whole)).toBe('accepted');
      expect(verdict(spoil(whole))).toBe('malformed');
    });

    it('refuses one without a frame', () => {
      expect(verdict(Buffer.from('474946383961400030000000003b', 'hex'))).toBe('malformed');
    });

    it('refuses a GIF that is a web page too', () => {
      const page = Buffer.from('GIF89a/*<svg/onload=alert(1)>*/=1;//' + 'x'.repeat(40));
      expect(['malformed', 'truncated', 'bad_dimensions']).toContain(verdict(page));
    });
  });

  describe('with SVG', () => {
    it('takes the size from width and height, else from the viewBox', () => {
      const limits = [
        ['width="300px" height="199.5"', { width: 300, height: 200 }],
        ['viewBox="0 0 24 12"', { width: 24, height: 12 }],
        ['width="100%" height="100%" viewBox="0,0,24,12"', { width: 24, height: 12 }],
      ] as const;
      for (const [size, dimensions] of limits) {
        expect(inspect(makeSvg('<g/>', size))).toMatchObject(dimensions);
      }
      expect(verdict(makeSvg('<g/>', 'width="12"'))).toBe('malformed');
      expect(verdict(makeSvg('<g/>', 'width="999999" height="1"'))).toBe('bad_dimensions');
    });

    it('takes declaration, comments, CDATA, own references and a last line break', () => {
      const body = `<!-- a > b --><style><![CDATA[ a>b{} ]]></style><use href="#a"/>
        <image href='data:image/png;base64,${'A'.repeat(5000)}'/><text>x &lt; y</text>`;
      const document = `<?xml version="1.0" encoding="UTF-8"?>\n<!-- c -->\n${makeSvg(body).toString()}\n`;
      for (const piece of [1, 3, 9000]) {
        expect(inspect(Buffer.from(document), piece).width).toBe(64);
      }
      expect(inspect(Buffer.from(`\ufeff${document}`)).width).toBe(64);
    });

    it.each([
      [
        'a document type',
        '<!DOCTYPE svg SYSTEM "file:///etc/passwd"><svg width="1" height="1"></svg>',
      ],
      ['entities', '<!DOCTYPE s [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><svg>&b;</svg>'],
      [
        'a stylesheet',
        '<?xml-stylesheet href="//e.example/x.css"?><svg width="1" height="1"></svg>',
      ],
      ['a script', makeSvg('<script>alert(1)</script>').toString()],
      ['a prefixed script', makeSvg('<x:script xmlns:x="http://www.w3.org/2000/svg"/>').toString()],
      ['foreign content', makeSvg('<foreignObject><body/></foreignObject>').toString()],
      ['an event attribute', makeSvg('<g onload = "alert(1)"/>').toString()],
      ['an upper-case event attribute', makeSvg('<g ONLOAD="alert(1)"/>').toString()],
      ['a link', makeSvg('<a xlink:href="javascript:alert(1)"/>').toString()],
      ['a picture from elsewhere', makeSvg('<image href="http://e.example/x"/>').toString()],
    ])('refuses %s', (_name, text) => {
      expect(verdict(Buffer.from(text))).toBe('active_content');
      expect(verdict(Buffer.from(text), {}, 1)).toBe('active_content');
    });

    it.each([
      ['another root', '<html width="1" height="1"><b></b></html>', 'malformed'],
      ['text before the root', '<!-- c --> text <svg width="1" height="1"></svg>', 'malformed'],
      ['another encoding', '<?xml version="1.0" encoding="utf-16"?><svg></svg>', 'malformed'],
      ['something behind it', `${makeSvg().toString()}<script/>`, 'trailing_bytes'],
      ['deep nesting', makeSvg('<g>'.repeat(200)).toString(), 'too_many_parts'],
      [
        'countless attributes',
        makeSvg(`<g ${'a="1" '.repeat(300)}/>`).toString(),
        'too_many_parts',
      ],
      ['an endless name', `<svg ${'a'.repeat(100)}="1">`, 'malformed'],
      ['an empty root', '<svg width="1" height="1"/>', 'malformed'],
    ])('refuses %s', (_name, text, reason) => {
      expect(verdict(Buffer.from(text))).toBe(reason);
    });
  });
});
