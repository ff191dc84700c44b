import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { crc32, deflateSync } from 'node:zlib';
import { makeImage, pngChunk } from '../../../test/support/images.js';
import { removeGps } from './exif.js';
import { LocationScrubber } from './location-scrubber.js';

const FORMATS = ['jpeg', 'png', 'webp'] as const;
type Format = (typeof FORMATS)[number];

/** Orientation 6, a camera's name, and a place. */
const EXIF = {
  IFD0: { Make: 'Camera Works' },
  IFD2: { DateTimeOriginal: '2026:11:01 12:00:00' },
  IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '52/1 31/1 1234/100', GPSLongitude: '13/1 24/1 0/1' },
};
const XMP = (body: string) =>
  `<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ` +
  `xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ` +
  `xmlns:exif="http://ns.adobe.com/exif/1.0/" ${body}/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;
const PLACE = 'exif:GPSLatitude="52,31.2N"';

function scrub(file: Buffer, cuts: readonly number[] = []): Buffer {
  const scrubber = new LocationScrubber();
  const out: Buffer[] = [];
  let at = 0;
  for (const length of [...cuts, file.length]) {
    const end = Math.min(file.length, at + length);
    // A copy that is spoilt afterwards: nothing of a chunk may be kept.
    const chunk = Buffer.from(file.subarray(at, end));
    out.push(...scrubber.push(chunk).map((piece) => Buffer.from(piece)));
    chunk.fill(0xee);
    at = end;
  }
  return Buffer.concat(out);
}

async function picture(
  format: Format,
  change: (image: Sharp) => Sharp = (image) => image,
): Promise<Buffer> {
  const plain = await makeImage('png', { width: 60, height: 40, noise: true });
  return change(sharp(plain)).toFormat(format, { progressive: false }).toBuffer();
}

const located = (format: Format) =>
  picture(format, (image) => image.withMetadata({ orientation: 6, exif: EXIF }));

async function pixelsOf(file: Buffer): Promise<Buffer> {
  return sharp(file, { failOn: 'error' }).raw().toBuffer();
}

describe(LocationScrubber.name, () => {
  it.each(FORMATS)('takes the place out of a %s and nothing else', async (format) => {
    const file = await located(format);
    const before = await sharp(file).metadata();
    expect(hasGps(before.exif)).toBe(true);

    const clean = scrub(file);

    const after = await sharp(clean, { failOn: 'error' }).metadata();
    expect(hasGps(after.exif)).toBe(false);
    expect(after.exif?.includes('Camera Works')).toBe(true);
    expect(after.exif?.includes('2026:11:01')).toBe(true);
    expect(after.orientation).toBe(6);
    expect(clean.length).toBe(file.length);
    expect((await pixelsOf(clean)).equals(await pixelsOf(file))).toBe(true);
    expect(clean.includes(latitude(before.exif))).toBe(false);
  });

  it.each(FORMATS)('keeps every byte of a %s without a place', async (format) => {
    const { IFD0, IFD2 } = EXIF;
    for (const file of [
      await picture(format),
      await picture(format, (image) => image.withExif({ IFD0, IFD2 })),
      await picture(format, (image) => image.withXmp(XMP('exif:Flash="no"'))),
    ]) {
      expect(scrub(file).equals(file)).toBe(true);
    }
  });

  it.each(FORMATS)('blanks XMP of a %s that speaks of GPS', async (format) => {
    const file = await picture(format, (image) => image.withXmp(XMP(PLACE)));
    expect((await sharp(file).metadata()).xmp?.includes('GPSLatitude')).toBe(true);
    const clean = scrub(file);
    expect((await sharp(clean).metadata()).xmp?.includes('GPS') ?? false).toBe(false);
    expect((await pixelsOf(clean)).equals(await pixelsOf(file))).toBe(true);
  });

  it.each(FORMATS)('gives the same however a %s is cut into pieces', async (format) => {
    const file = await located(format);
    const whole = scrub(file);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 }), (cuts) => {
        expect(scrub(file, cuts).equals(whole)).toBe(true);
      }),
      { numRuns: 60 },
    );
    expect(
      scrub(
        file,
        Array.from({ length: file.length }, () => 1),
      ).equals(whole),
    ).toBe(true);
  });

  it('leaves text chunks of a PNG out that carry EXIF or a compressed packet', async () => {
    const file = await picture('png');
    const at = file.length - 12;
    const texts = [
      pngChunk('tEXt', Buffer.from('Raw profile type exif\0\nexif\n4\n88250000')),
      pngChunk('zTXt', Buffer.concat([Buffer.from('Raw profile type APP1\0\0'), deflateSync('x')])),
      pngChunk(
        'iTXt',
        Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\u0001\0\0\0'), deflateSync(PLACE)]),
      ),
    ];
    const kept = pngChunk('tEXt', Buffer.from('Comment\0GPS is a word like any other'));
    const sent = Buffer.concat([file.subarray(0, at), ...texts, kept, file.subarray(at)]);
    const clean = Buffer.concat([file.subarray(0, at), kept, file.subarray(at)]);
    expect(scrub(sent).equals(clean)).toBe(true);
  });

  it('mends the check sum of the chunk it changed', async () => {
    const clean = scrub(await located('png'));
    const at = clean.indexOf('eXIf');
    const length = clean.readUInt32BE(at - 4);
    const crc = crc32(clean.subarray(at, at + 4 + length));
    expect(clean.readUInt32BE(at + 4 + length)).toBe(crc);
  });

  it('holds no large block: it is emptied, or left out where nothing counts lengths', () => {
    const big = Buffer.alloc(3_000_000, 'GPS');
    const head = Buffer.alloc(8);
    head.write('EXIF');
    head.writeUInt32LE(big.length, 4);
    const riff = Buffer.from('RIFF....WEBP');
    riff.writeUInt32LE(4 + 8 + big.length, 4);
    const webp = scrub(Buffer.concat([riff, head, big]), [100, 70_000]);
    expect(webp.length).toBe(20 + big.length);
    expect(webp.includes('GPS')).toBe(false);

    const signature = Buffer.from('89504e470d0a1a0a', 'hex');
    const png = scrub(Buffer.concat([signature, pngChunk('eXIf', big), pngChunk('IEND')]));
    expect(png.equals(Buffer.concat([signature, pngChunk('IEND')]))).toBe(true);
  });

  it('passes whatever is no picture, whole and unchanged', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('', '89504e470d0a1a0a', 'ffd8ff', '52494646ffffff7f57454250', 'ff', '89'),
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 10 }),
        (magic, rest, cuts) => {
          const file = Buffer.concat([Buffer.from(magic, 'hex'), rest]);
          // What is held at the end belongs to a file that stops half-way.
          expect(file.subarray(0, scrub(file, cuts).length).equals(scrub(file, cuts))).toBe(true);
        },
      ),
    );
  });
});

describe(removeGps.name, () => {
  it('never fails and never grows, whatever the block', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('49492a00', '4d4d002a', '457869660000' + '49492a0008000000'),
        fc.uint8Array({ maxLength: 200 }),
        (head, rest) => {
          const block = Buffer.concat([Buffer.from(head, 'hex'), rest]);
          const before = Buffer.from(block);
          const changed = removeGps(block);
          expect(changed || block.equals(before)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('empties a block that points in circles and may hold a place', () => {
    const block = Buffer.from('49492a00080000000000080000002588', 'hex');
    expect(removeGps(block)).toBe(true);
    expect(block.includes(Buffer.of(0x25, 0x88))).toBe(false);
  });
});

/** A GPS directory's tag in either byte order. */
function hasGps(exif: Buffer | undefined): boolean {
  const text = exif?.toString('latin1') ?? '';
  return text.includes('\x88\x25') || text.includes('\x25\x88');
}

/** 52/1 as TIFF has it, little or big endian as the block is. */
function latitude(exif: Buffer | undefined): Buffer {
  const little = Buffer.from('34000000010000001f000000', 'hex');
  const big = Buffer.from('00000034000000010000001f', 'hex');
  const found = [little, big].find((bytes) => exif?.includes(bytes));
  if (!found) throw new Error('the picture of the test has no place');
  return found;
}
