import { ImageRejectedError } from './image-rejected.error.js';

/**
 * A walk through a container. It suspends when it needs bytes that have not
 * arrived, so a walker reads like a parser of a whole file and still sees each
 * chunk once, in constant memory.
 */
export type Walk<T> = Generator<undefined, T, undefined>;

const EMPTY = Buffer.alloc(0);

/** Longest header a walker may collect; everything longer is skipped or streamed past. */
const MAX_TAKE = 256;

/**
 * The bytes of one file as they arrive. Chunks are lent: nothing of a chunk is
 * kept after the next one is asked for, except the few bytes `take` copies.
 */
export class ByteFeed {
  private chunk: Buffer = EMPTY;
  private offset = 0;
  private ended = false;
  private passed = 0;

  /** Hands over the next chunk; the one before must have been consumed. */
  feed(chunk: Buffer): void {
    this.passed += this.chunk.length;
    this.chunk = chunk;
    this.offset = 0;
  }

  /** Makes the last consumed bytes the next ones again. */
  putBack(bytes: Buffer): void {
    this.passed = this.position - bytes.length;
    this.chunk = Buffer.concat([bytes, this.chunk.subarray(this.offset)]);
    this.offset = 0;
  }

  /** From now on a walk that wants more is told that the file is truncated. */
  end(): void {
    this.ended = true;
  }

  /** Bytes consumed since the beginning of the file. */
  get position(): number {
    return this.passed + this.offset;
  }

  /** Bytes of the present chunk that nobody has consumed. */
  get unread(): number {
    return this.chunk.length - this.offset;
  }

  /** The next `length` bytes, copied. */
  *take(length: number): Walk<Buffer> {
    if (length > MAX_TAKE) throw new RangeError(`Cannot collect ${length} bytes of a stream`);
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const slice = yield* this.slice(length - filled);
      filled += slice.copy(bytes, filled);
    }
    return bytes;
  }

  /** Passes `length` bytes; `see` is lent each piece of them in order. */
  *pass(length: number, see?: (slice: Buffer) => void): Walk<void> {
    let left = length;
    while (left > 0) {
      const slice = yield* this.slice(left);
      see?.(slice);
      left -= slice.length;
    }
  }

  /** Passes everything up to and including the next `byte`. */
  *passUntil(byte: number): Walk<void> {
    for (;;) {
      if (this.unread === 0) yield* this.more();
      const found = this.chunk.indexOf(byte, this.offset);
      this.offset = found < 0 ? this.chunk.length : found + 1;
      if (found >= 0) return;
    }
  }

  /** The next byte. */
  *byte(): Walk<number> {
    if (this.unread === 0) yield* this.more();
    return this.chunk[this.offset++];
  }

  /** The next byte, left where it is. */
  *peek(): Walk<number> {
    if (this.unread === 0) yield* this.more();
    return this.chunk[this.offset];
  }

  private *slice(limit: number): Walk<Buffer> {
    if (this.unread === 0) yield* this.more();
    const from = this.offset;
    this.offset = Math.min(this.chunk.length, from + limit);
    return this.chunk.subarray(from, this.offset);
  }

  private *more(): Walk<void> {
    while (this.unread === 0) {
      if (this.ended) {
        throw new ImageRejectedError(
          'truncated',
          `the file ends early, after ${this.position} bytes`,
        );
      }
      yield;
    }
  }
}
