import { ByteFeed, type Walk } from '../image-gate/byte-feed.js';

/**
 * The bytes of one file on their way through: what a walk consumes passes as it
 * is, except what it holds back and replaces. Chunks are lent, so what `push`
 * gives must be used before the next call.
 */
export class Rewriter {
  readonly feed = new ByteFeed();
  /** The walk has come to its end: everything else passes as it is. */
  done = false;
  private chunk: Buffer = Buffer.alloc(0);
  /** Bytes of the present chunk that are handed on or given up. */
  private settled = 0;
  private holding = false;
  private out: Buffer[] = [];

  /** From here on nothing passes until `replace`. */
  hold(): void {
    this.passOn();
    this.holding = true;
  }

  /** Gives `pieces` in the place of all that was held. */
  replace(...pieces: Buffer[]): void {
    this.out.push(...pieces.filter((piece) => piece.length > 0));
    this.settled = this.consumed;
    this.holding = false;
  }

  /** The next `length` bytes, held back and copied. */
  *collect(length: number): Walk<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    yield* this.feed.pass(length, (slice) => {
      filled += slice.copy(bytes, filled);
    });
    return bytes;
  }

  /** Lets `walk` see the next chunk. @returns what may be handed on now */
  push(chunk: Buffer, walk: Walk<void>): Buffer[] {
    this.feed.feed(chunk);
    this.chunk = chunk;
    this.settled = 0;
    this.out = [];
    this.done = walk.next().done ?? false;
    if (this.done) this.passOn(chunk.length);
    else if (!this.holding) this.passOn();
    return this.out;
  }

  private passOn(end = this.consumed): void {
    if (end > this.settled) this.out.push(this.chunk.subarray(this.settled, end));
    this.settled = end;
  }

  private get consumed(): number {
    return this.chunk.length - this.feed.unread;
  }
}
