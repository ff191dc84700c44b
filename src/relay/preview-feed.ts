import type { Readable } from 'node:stream';
import { MAGIC_BYTES, rasterTypeOf, type ImageMediaType } from '../storage/index.js';
import { SpillBuffer } from './spill-buffer.js';

/** Unread bytes above which a reader is too slow for one more preview. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;

/** An image on its way, as far as the model has come. */
export interface Preview {
  /** From its first bytes. */
  readonly mediaType: ImageMediaType;
  /** Its raw bytes, while they arrive. They stop short when the upstream breaks off. */
  readonly bytes: AsyncIterable<Buffer>;
  /** 0-based among those of its image; to be asked when the bytes have ended. */
  readonly index: () => number;
}

interface Entry extends Preview {
  readonly bytes: SpillBuffer;
}

/**
 * Previews on their way from an attempt to whoever asked for them, in this
 * process only and stored nowhere. The upstream is read at its own pace: a
 * reader that falls behind has its bytes put on disk, and misses whole previews
 * when too many wait for it.
 */
export class PreviewFeed implements AsyncIterable<Preview> {
  private readonly entries: Entry[] = [];
  private current: Entry | null = null;
  private passed = 0;
  private ended = false;
  private handedOut = false;
  private wake: (() => void) | null = null;

  /**
   * @param limit previews that were asked for of one attempt, of all images together
   * @param folder for the bytes of a reader that falls behind
   */
  constructor(
    private readonly limit: number,
    private readonly folder: string,
  ) {}

  /** Whether any byte of a picture has been given to the reader: then a cancel releases nothing. */
  get reachedReader(): boolean {
    return this.handedOut;
  }

  /** Another upstream begins from the beginning. */
  startOver(): void {
    this.passed = 0;
  }

  /**
   * Passes one preview on while it arrives. Previews nobody wants, that come too
   * fast for the reader or begin like no picture are left unread.
   *
   * @throws whatever the stream fails with; the preview then ends where it broke
   */
  async pass(stream: Readable, index: (() => number) | undefined): Promise<void> {
    if (!this.wantsMore) return;
    const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
    const head = await readHead(pieces);
    const mediaType = rasterTypeOf(head.subarray(0, MAGIC_BYTES));
    if (mediaType === null) return;
    const number = this.passed;
    const bytes = new SpillBuffer(this.folder);
    this.passed += 1;
    this.entries.push({ mediaType, bytes, index: index ?? (() => number) });
    this.changed();
    try {
      await bytes.write(head);
      for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
        await bytes.write(next.value);
      }
    } finally {
      bytes.end();
    }
  }

  /** No more previews will come; those that are here can still be read. */
  end(): void {
    this.ended = true;
    this.changed();
  }

  /** Nobody reads any more. */
  close(): void {
    this.end();
    for (const { bytes } of this.entries.splice(0)) bytes.close();
    this.current?.bytes.close();
  }

  /** In the order they came. The next one begins when the one before has been read or left. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Preview> {
    for (let entry = await this.next(); entry !== null; entry = await this.next()) {
      this.current = entry;
      this.handedOut = true;
      yield entry;
      entry.bytes.close();
    }
  }

  private get wantsMore(): boolean {
    return !this.ended && this.passed < this.limit && this.waiting <= MAX_WAITING_BYTES;
  }

  private get waiting(): number {
    const open = this.current ? [this.current, ...this.entries] : this.entries;
    return open.reduce((sum, { bytes }) => sum + bytes.waiting, 0);
  }

  private async next(): Promise<Entry | null> {
    for (;;) {
      const entry = this.entries.shift();
      if (entry) return entry;
      if (this.ended) return null;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private changed(): void {
    this.wake?.();
    this.wake = null;
  }
}

/** Enough bytes to tell a picture by, or all there are. */
async function readHead(pieces: AsyncIterator<Buffer, undefined>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < MAGIC_BYTES) {
    const next = await pieces.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}
