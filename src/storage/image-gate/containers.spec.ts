import { describe, expect, it } from '@jest/globals';
import { makeSvg, pngChunk, pngIhdr } from '../../../test/support/images.js';
import {
  EOI,
  IEND,
  IHDR,
  inspect,
  PIXEL,
  png,
  riff,
  SCAN,
  segment,
  SOF,
  SOI,
  verdict,
  VP8,
  vp8x,
} from '../../../test/support/containers.js';
import { ImageGate } from './index.js';

describe(`${ImageGate.name}, container by container`, () => {
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
