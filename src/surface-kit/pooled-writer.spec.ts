import fc from 'fast-check';
import { Readable } from 'node:stream';
import { PooledWriter } from './pooled-writer.js';

/** Takes pieces as a client does that reads late: their memory is free long after they were sent. */
class LateReader {
  readonly pieces: Buffer[] = [];
  private readonly lent: { piece: Buffer; done: () => void }[] = [];
  isLeft = false;

  readonly send = async (piece: Buffer, done: () => void) => {
    this.lent.push({ piece, done });
    if (this.lent.length > 3) this.readOne();
    await Promise.resolve();
    return !this.isLeft;
  };

  readAll(): string {
    while (this.lent.length > 0) this.readOne();
    return Buffer.concat(this.pieces).toString();
  }

  private readOne(): void {
    const { piece, done } = this.lent.shift()!;
    this.pieces.push(Buffer.from(piece));
    piece.fill('#');
    done();
  }
}

/** Lends its chunks: each is overwritten when the next one is asked for. */
async function* lent(chunks: readonly Uint8Array[]): AsyncGenerator<Buffer> {
  const slab = Buffer.alloc(200_000);
  for (const chunk of chunks) {
    slab.fill(0xee).set(chunk);
    await Promise.resolve();
    yield slab.subarray(0, chunk.length);
  }
}

const sizes = fc.oneof(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 40_000, max: 200_000 }));

describe(PooledWriter.name, () => {
  it('gives text and files as base64, however they are cut and whenever they are read', async () => {
    const files = fc.array(
      fc
        .array(sizes, { maxLength: 5 })
        .map((lengths) =>
          lengths.map((length, n) => Buffer.alloc(length, `picture ${n} ${length}`)),
        ),
      { maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(files, fc.string({ maxLength: 50 }), async (pictures, text) => {
        const reader = new LateReader();
        const writer = new PooledWriter(reader.send);
        for (const chunks of pictures) {
          await writer.text(text);
          await writer.base64(lent(chunks));
        }
        await writer.text(text);
        const { bytes, done } = writer.rest();
        await reader.send(bytes, done);
        const expected = pictures.map((chunks) => text + Buffer.concat(chunks).toString('base64'));
        expect(reader.readAll()).toBe(expected.join('') + Buffer.from(text).toString());
        for (const { length } of reader.pieces) expect(length).toBeLessThanOrEqual(65_536);
      }),
      { numRuns: 60 },
    );
  });

  it('makes one piece of a small answer', async () => {
    const reader = new LateReader();
    const writer = new PooledWriter(reader.send);
    await writer.text('{"b64_json":"');
    await writer.base64(Readable.from([Buffer.from('abc')]));
    await writer.text('"}');
    await writer.flush();
    expect(reader.readAll()).toBe('{"b64_json":"YWJj"}');
    expect(reader.pieces).toHaveLength(1);
  });

  it('reads no further when nobody reads it', async () => {
    const reader = new LateReader();
    reader.isLeft = true;
    let given = 0;
    let isOver = false;
    async function* endless() {
      try {
        for (;;) {
          await Promise.resolve();
          given += 1;
          yield Buffer.alloc(100_000);
        }
      } finally {
        isOver = true;
      }
    }
    await new PooledWriter(reader.send).base64(endless());
    expect([given <= 2, isOver]).toEqual([true, true]);
    await new PooledWriter(reader.send).pass(endless());
    expect(given).toBeLessThanOrEqual(4);
  });
});
