import { Base64Text } from '../../common/base64-text.js';
import { MalformedAnswerError } from './malformed-answer.error.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
/** A key of ours, every character of it written as an escape, still fits. */
const MAX_KEY_BYTES = 64;
const MAX_DEPTH = 128;
/** Stands for an image in what is left; a value no upstream sends in that place. */
const PLACEHOLDER = Buffer.from('true');

export type ScanEvent =
  | { readonly kind: 'image'; readonly index: number }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'end' };

/**
 * Where images are: `data[i].b64_json` of an images answer, or `b64_json` of the
 * document itself, as in the events of a stream.
 */
export type ImagePlace = 'data' | 'top';

/** Takes the inside of an image's string piece by piece; `Base64Text` is one. */
export interface ImageText {
  /** Takes ownership of `piece`, and may hand out its memory. Throws MalformedAnswerError. */
  write(piece: Buffer): Buffer | null;
  end(): Buffer | null;
}

export interface ScannedAnswer {
  /** The document without its images. */
  readonly rest: unknown;
  /** Places in `data` whose image has been handed out. */
  readonly taken: ReadonlySet<number>;
}

/**
 * Takes the images out of an OpenAI images answer, or out of one event of a
 * stream, while its bytes arrive, whatever the order of keys and however they
 * are written. Everything around them is kept and parsed at the end, so that a
 * picture is never a string and only the small rest is ever looked at byte by byte.
 *
 * The scanner follows the structure only as far as it needs to find the images;
 * whether the document is JSON at all is decided by `JSON.parse` on the rest.
 */
export class JsonImageScanner {
  private readonly kept: KeptText;
  private readonly taken = new Set<number>();
  private readonly containers: number[] = [];

  private mode: 'structure' | 'key' | 'string' | 'image' = 'structure';
  private begun = false;
  /** Inside an object: the next string is a key. */
  private expectKey = false;
  private escaped = false;
  private keyBytes: number[] = [];
  /** Of the value at hand; null outside an object. */
  private key: string | null = null;
  private insideData = false;
  private sawData = false;
  private index: number;
  /** Null until its first characters. */
  private image: ImageText | null = null;
  private announced = false;
  /** Bytes kept when the latest image began. */
  private keptBefore = 0;

  /**
   * @param maxRestBytes most that may surround the images
   * @param newText asked at the beginning of each image, when `before` can tell of it
   */
  constructor(
    maxRestBytes: number,
    private readonly place: ImagePlace = 'data',
    private readonly newText: () => ImageText = imageBytes,
  ) {
    this.kept = new KeptText(maxRestBytes);
    this.index = place === 'top' ? 0 : -1;
  }

  /** What stands before the image at `top`, once it has begun; null when it cannot be read alone. */
  before(): unknown {
    try {
      return JSON.parse(`${this.kept.toString(this.keptBefore)}}`) as unknown;
    } catch {
      return null;
    }
  }

  /**
   * Takes ownership of `chunk`: the bytes handed out may lie in its memory.
   * Throws MalformedAnswerError when this can be no images answer.
   */
  scan(chunk: Buffer): ScanEvent[] {
    const events: ScanEvent[] = [];
    let at = 0;
    while (at < chunk.length) {
      at = this.mode === 'image' ? this.scanImage(chunk, at, events) : this.scanRest(chunk, at);
    }
    return events;
  }

  /** To be called once, after the last chunk. Throws MalformedAnswerError. */
  finish(): ScannedAnswer {
    if (this.mode === 'image') throw new MalformedAnswerError('the answer stops inside an image');
    try {
      return { rest: JSON.parse(this.kept.toString()) as unknown, taken: this.taken };
    } catch {
      // Without its cause: the parser quotes what it stumbled over.
      throw new MalformedAnswerError('the answer is not JSON');
    }
  }

  private scanImage(chunk: Buffer, at: number, events: ScanEvent[]): number {
    const quote = chunk.indexOf(QUOTE, at);
    const end = quote === -1 ? chunk.length : quote;
    this.image ??= this.newText();
    if (end > at) this.handOut(this.image.write(chunk.subarray(at, end)), events);
    if (quote === -1) return end;
    this.handOut(this.image.end(), events);
    this.image = null;
    if (this.announced) events.push({ kind: 'end' });
    this.mode = 'structure';
    return quote + 1;
  }

  private handOut(bytes: Buffer | null, events: ScanEvent[]): void {
    if (bytes === null || bytes.length === 0) return;
    if (!this.announced) {
      this.announced = true;
      this.taken.add(this.index);
      events.push({ kind: 'image', index: this.index });
    }
    events.push({ kind: 'bytes', bytes });
  }

  /** Walks on to the next image or the end of the chunk and keeps what it passed. */
  private scanRest(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length) {
      const byte = chunk[at];
      if (this.mode === 'structure') this.structure(byte);
      else this.character(byte);
      if (this.mode === 'image') {
        this.kept.add(chunk.subarray(start, at));
        this.kept.add(PLACEHOLDER);
        this.keptBefore = this.kept.length;
        return at + 1;
      }
      at += 1;
    }
    this.kept.add(chunk.subarray(start));
    return at;
  }

  private character(byte: number): void {
    if (byte === QUOTE && !this.escaped) {
      if (this.mode === 'key') this.key = readKey(this.keyBytes);
      this.mode = 'structure';
      return;
    }
    this.escaped = byte === BACKSLASH && !this.escaped;
    if (this.mode === 'key' && this.keyBytes.length <= MAX_KEY_BYTES) this.keyBytes.push(byte);
  }

  private structure(byte: number): void {
    if (!this.begun) this.begin(byte);
    switch (byte) {
      case QUOTE:
        return this.openString();
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        return this.open(byte);
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        return this.close();
      case COMMA:
        return this.comma();
      default:
    }
  }

  private begin(byte: number): void {
    if (byte <= 0x20 || BYTE_ORDER_MARK.includes(byte)) return;
    if (byte !== OPEN_OBJECT) throw new MalformedAnswerError('the answer is no JSON object');
    this.begun = true;
  }

  private openString(): void {
    this.escaped = false;
    if (this.expectKey) {
      this.expectKey = false;
      this.keyBytes = [];
      this.mode = 'key';
      return;
    }
    if (this.startsImage()) {
      this.announced = false;
      this.mode = 'image';
    } else {
      this.mode = 'string';
    }
  }

  private startsImage(): boolean {
    const depth = this.place === 'top' ? 1 : 3;
    if (this.containers.length !== depth || this.key !== 'b64_json') return false;
    if (this.place === 'data' && !this.insideData) return false;
    if (this.taken.has(this.index)) throw new MalformedAnswerError('an image is there twice');
    return true;
  }

  private open(byte: number): void {
    if (this.containers.length >= MAX_DEPTH) throw new MalformedAnswerError('nested too deeply');
    const isData = this.place === 'data' && this.containers.length === 1 && this.key === 'data';
    this.containers.push(byte);
    if (isData && byte === OPEN_ARRAY) {
      // Which of two lists counts would be the parser's whim, and one has been handed out.
      if (this.sawData) throw new MalformedAnswerError('data is there twice');
      this.sawData = true;
      this.insideData = true;
      this.index = 0;
    }
    this.expectKey = byte === OPEN_OBJECT;
    this.key = null;
  }

  private close(): void {
    this.containers.pop();
    if (this.containers.length === 1) this.insideData = false;
    this.expectKey = false;
    this.key = null;
  }

  private comma(): void {
    const top = this.containers.at(-1);
    if (top === OPEN_ARRAY && this.insideData && this.containers.length === 2) this.index += 1;
    this.expectKey = top === OPEN_OBJECT;
    this.key = null;
  }
}

function readKey(bytes: readonly number[]): string | null {
  if (bytes.length > MAX_KEY_BYTES) return '';
  const raw = Buffer.from(bytes).toString('utf8');
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return '';
  }
}

/** A growing copy, so that no kept byte pins the chunk it came in. */
class KeptText {
  length = 0;
  private buffer = Buffer.allocUnsafe(1024);

  constructor(private readonly maxBytes: number) {}

  add(piece: Buffer): void {
    const needed = this.length + piece.length;
    if (needed > this.maxBytes) throw new MalformedAnswerError('too much text around the images');
    if (needed > this.buffer.length) this.grow(needed);
    piece.copy(this.buffer, this.length);
    this.length = needed;
  }

  toString(end = this.length): string {
    const text = this.buffer.toString('utf8', 0, end);
    return text.startsWith('\uFEFF') ? text.slice(1) : text;
  }

  private grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

export function imageBytes(): Base64Text {
  return new Base64Text((problem) => new MalformedAnswerError(problem));
}
