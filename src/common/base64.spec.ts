import { Readable } from 'node:stream';
import fc from 'fast-check';
import { base64Length, encodeBase64 } from './base64.js';

async function encoded(chunks: readonly Uint8Array[]): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of encodeBase64(Readable.from(chunks.map((c) => Buffer.from(c))))) {
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

describe('encodeBase64', () => {
  it('gives the same text however the bytes are cut, of the length announced', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 20 })), async (chunks) => {
        const whole = Buffer.concat(chunks);
        const text = await encoded(chunks);
        expect(text.toString('latin1')).toBe(whole.toString('base64'));
        expect(text.length).toBe(base64Length(whole.length));
      }),
    );
  });

  it('cuts a large chunk into pieces of 64 KiB', async () => {
    const chunks = [Buffer.alloc(100_001, 'xyz'), Buffer.alloc(200_000, 'abcd')];
    const pieces: Buffer[] = [];
    for await (const piece of encodeBase64(Readable.from(chunks))) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe(Buffer.concat(chunks).toString('base64'));
    for (const { length } of pieces) expect(length).toBeLessThanOrEqual(65_536);
  });
});
