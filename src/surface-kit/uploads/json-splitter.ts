import { JsonPlaces } from './json-places.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SCHEME = 'data:';
/** Longer keys are none of those that are looked for. */
const MAX_KEY_BYTES = 64;

/**
 * Takes one data URL out of the text while it arrives, reading it to its end, and
 * says what stands in its place.
 */
export type TakeText = (path: string, characters: AsyncIterable<Buffer>) => Promise<string>;

/**
 * Reads a JSON text whose data URLs, at the places where they are wanted, are
 * taken out while it arrives, so that only the small rest of it is ever held.
 *
 * It follows the structure just far enough to know where it is; whether the
 * text is JSON is decided by the parser of the rest.
 */
export class JsonSplitter {
  private readonly places = new JsonPlaces();
  private readonly rest: Buffer[] = [];
  private restBytes = 0;
  private chunk: Buffer = Buffer.alloc(0);
  private at = 0;

  /**
   * @param wants whether a data URL at this path, as `images[0].image_url`, is taken out
   * @param tooLong thrown when the rest outgrows `maxRestBytes`
   */
  constructor(
    private readonly source: AsyncIterator<Buffer, unknown>,
    private readonly wants: (path: string) => boolean,
    private readonly take: TakeText,
    private readonly limit: { readonly maxRestBytes: number; readonly tooLong: () => Error },
  ) {}

  /** @returns the rest of the text. @throws whatever the source or `take` fails with */
  async read(): Promise<Buffer> {
    while (await this.more()) {
      if (this.passStructure()) await this.string();
    }
    return Buffer.concat(this.rest, this.restBytes);
  }

  /** Passes bytes up to and with the next quote; false at the end of the chunk. */
  private passStructure(): boolean {
    const start = this.at;
    while (this.at < this.chunk.length) {
      const byte = this.chunk[this.at];
      this.at += 1;
      if (byte === QUOTE) {
        this.keep(this.chunk.subarray(start, this.at));
        return true;
      }
      this.places.see(byte);
    }
    this.keep(this.chunk.subarray(start));
    return false;
  }

  /** The opening quote is kept already. */
  private async string(): Promise<void> {
    if (this.places.atKey) return this.places.enter(await this.keepString(MAX_KEY_BYTES));
    const { path } = this.places;
    if (!this.wants(path) || !(await this.startsWithScheme())) {
      await this.keepString(0);
      return;
    }
    const text = new StringText(() => this.piece());
    this.keep(Buffer.from(`${await this.take(path, text.pieces())}"`));
  }

  /** Keeps a string and its closing quote. @returns its beginning, at most `wanted` bytes of it */
  private async keepString(wanted: number): Promise<string> {
    let beginning = '';
    const text = new StringText(() => this.piece());
    for await (const piece of text.pieces()) {
      if (beginning.length < wanted) beginning += piece.toString('latin1', 0, wanted);
      this.keep(piece);
    }
    this.keep(Buffer.of(QUOTE));
    return beginning;
  }

  /** Looks ahead; the scheme may be cut by the end of a chunk. */
  private async startsWithScheme(): Promise<boolean> {
    while (this.chunk.length - this.at < SCHEME.length) {
      const held = this.chunk.subarray(this.at);
      if (held.includes(QUOTE)) return false;
      const { done, value } = await this.source.next();
      if (done) return false;
      this.chunk = Buffer.concat([held, value]);
      this.at = 0;
    }
    return this.chunk.toString('latin1', this.at, this.at + SCHEME.length).toLowerCase() === SCHEME;
  }

  /** What is left of the chunk, or null at the end; `used` says how much of it was the string's. */
  private async piece(): Promise<Piece | null> {
    if (!(await this.more())) return null;
    const start = this.at;
    const used = (length: number): void => {
      this.at = start + length;
    };
    return { bytes: this.chunk.subarray(start), used };
  }

  private async more(): Promise<boolean> {
    while (this.at === this.chunk.length) {
      const { done, value } = await this.source.next();
      if (done) return false;
      this.chunk = value;
      this.at = 0;
    }
    return true;
  }

  private keep(bytes: Buffer): void {
    this.restBytes += bytes.length;
    if (this.restBytes > this.limit.maxRestBytes) throw this.limit.tooLong();
    if (bytes.length > 0) this.rest.push(bytes);
  }
}

interface Piece {
  readonly bytes: Buffer;
  readonly used: (length: number) => void;
}

/** The inside of one string, up to its closing quote, which is passed but not given. */
class StringText {
  private ended = false;
  private escaped = false;

  constructor(private readonly next: () => Promise<Piece | null>) {}

  /** The same string goes on when asked again; nothing more comes after its end. */
  async *pieces(): AsyncGenerator<Buffer> {
    while (!this.ended) {
      const piece = await this.next();
      if (piece === null) return;
      const end = this.endIn(piece.bytes);
      this.ended = end < piece.bytes.length;
      piece.used(this.ended ? end + 1 : end);
      if (end > 0) yield piece.bytes.subarray(0, end);
    }
  }

  /** Where the closing quote is, or the length. Each byte is looked at once or twice, whatever it is. */
  private endIn(bytes: Buffer): number {
    let at = this.escaped ? 1 : 0;
    let quote = indexOrEnd(bytes, QUOTE, at);
    for (;;) {
      const backslash = indexOrEnd(bytes, BACKSLASH, at);
      this.escaped = backslash < quote && backslash === bytes.length - 1;
      if (this.escaped) return bytes.length;
      if (backslash >= quote) return quote;
      at = backslash + 2;
      if (quote < at) quote = indexOrEnd(bytes, QUOTE, at);
    }
  }
}

function indexOrEnd(bytes: Buffer, byte: number, from: number): number {
  const found = bytes.indexOf(byte, from);
  return found < 0 ? bytes.length : found;
}
