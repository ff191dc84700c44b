import { base64Length, encodeBase64 } from '../common/base64.js';
import type { PreviewImage } from '../providers/index.js';
import { MAGIC_BYTES, rasterTypeOf, type ImageMediaType } from '../storage/index.js';
import { SpillBuffer } from './spill-buffer.js';

/** Unread characters above which a reader is too slow for one more preview. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;
/** Of base64, that the bytes needed to tell a picture are written with. */
const HEAD_CHARACTERS = base64Length(MAGIC_BYTES);

/** An image on its way, as far as the model has come. */
export interface Preview {
  /** From its first bytes. */
  readonly mediaType: ImageMediaType;
  /**
   * Its file as base64, as every surface sends it, while it arrives. It stops
   * short when the upstream breaks off.
   */
  readonly base64: AsyncIterable<Buffer>;
  /** 0-based among those of its image; to be asked when its text has ended. */
  readonly index: () => number;
}

interface Entry extends Preview {
  readonly base64: SpillBuffer;
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
  async pass({ source, partialIndex }: Passed): Promise<void> {
    if (!this.wantsMore) return;
    const pieces = base64Of(source);
    const head = await readHead(pieces);
    const magic = Buffer.from(head.toString('latin1', 0, HEAD_CHARACTERS), 'base64');
    const mediaType = rasterTypeOf(magic);
    if (mediaType === null) return;
    const base64 = new SpillBuffer(this.folder);
    this.passed += 1;
    this.entries.push({ mediaType, base64, index: partialIndex });
    this.changed();
    try {
      await base64.write(head);
      for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
        await base64.write(next.value);
      }
    } finally {
      base64.end();
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
    for (const { base64 } of this.entries.splice(0)) base64.close();
    this.current?.base64.close();
  }

  /** In the order they came. The next one begins when the one before has been read or left. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Preview> {
    for (let entry = await this.next(); entry !== null; entry = await this.next()) {
      this.current = entry;
      this.handedOut = true;
      yield entry;
      entry.base64.close();
    }
  }

  private get wantsMore(): boolean {
    return !this.ended && this.passed < this.limit && this.waiting <= MAX_WAITING_BYTES;
  }

  private get waiting(): number {
    const open = this.current ? [this.current, ...this.entries] : this.entries;
    return open.reduce((sum, { base64 }) => sum + base64.waiting, 0);
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

type Passed = Pick<PreviewImage, 'source' | 'partialIndex'>;

function base64Of(source: PreviewImage['source']): AsyncIterator<Buffer, undefined> {
  const text = 'base64' in source ? source.base64 : encodeBase64(source.stream);
  return text[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
}

/** Enough to tell a picture by, or all there is. */
async function readHead(pieces: AsyncIterator<Buffer, undefined>): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < HEAD_CHARACTERS) {
    const next = await pieces.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}
