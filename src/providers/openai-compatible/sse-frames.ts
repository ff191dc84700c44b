const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;

const BYTE_ORDER_MARK = /^\xef\xbb\xbf/;
/** Longer than any field's name and any event's type that means something here. */
const MAX_FIELD_LENGTH = 128;

/** Hears of a stream's events as their bytes arrive. */
export interface FrameListener {
  /** The event's type; the last one before its end counts. */
  named(type: string): void;
  /** One more line of data begins; a second one is a line break away from the first. */
  dataLine(): void;
  /** A piece of the line, in the memory it came in. */
  data(piece: Buffer): void;
  /** The event is over. Called for empty events too. */
  ended(): void;
}

/**
 * Splits server-sent events into fields by the rules of the HTML standard
 * (LF, CR and CRLF end a line; comments and unknown fields are skipped) without
 * ever holding a line: data is handed on in the pieces it came in.
 */
export class SseFrames {
  private mode: 'field' | 'first data' | 'data' | 'type' | 'skip' = 'field';
  /** The name of the line's field so far, then the type of the event. */
  private text = '';
  private begun = false;
  private afterCr = false;
  private inEvent = false;

  constructor(private readonly listener: FrameListener) {}

  feed(chunk: Buffer): void {
    const lines = new LineEnds(chunk);
    let at = this.afterCr && chunk[0] === LF ? 1 : 0;
    if (chunk.length > 0) this.afterCr = false;
    while (at < chunk.length) {
      const end = lines.next(at);
      if (end > at) this.part(chunk.subarray(at, end));
      if (end === chunk.length) return;
      this.endLine();
      at = this.lineAfter(chunk, end);
    }
  }

  /** The stream is over: an event that only lacks its empty line counts. */
  end(): void {
    if (this.mode !== 'field' || this.text !== '') this.endLine();
    if (this.inEvent) this.endEvent();
  }

  /** Where the line after the break at `end` begins. */
  private lineAfter(chunk: Buffer, end: number): number {
    const next = end + 1;
    if (chunk[end] !== CR) return next;
    this.afterCr = next === chunk.length;
    return chunk[next] === LF ? next + 1 : next;
  }

  /** Some bytes of one line. */
  private part(bytes: Buffer): void {
    this.inEvent = true;
    switch (this.mode) {
      case 'field':
        return this.fieldName(bytes);
      case 'type':
        this.text += bytes.toString('utf8', 0, MAX_FIELD_LENGTH);
        this.text = this.text.slice(0, MAX_FIELD_LENGTH);
        return;
      case 'first data':
        this.mode = 'data';
        return this.data(bytes[0] === SPACE ? bytes.subarray(1) : bytes);
      case 'data':
        return this.data(bytes);
      case 'skip':
    }
  }

  private data(bytes: Buffer): void {
    if (bytes.length > 0) this.listener.data(bytes);
  }

  private fieldName(bytes: Buffer): void {
    const colon = bytes.indexOf(COLON);
    const name = colon === -1 ? bytes : bytes.subarray(0, colon);
    this.text += name.toString('latin1', 0, MAX_FIELD_LENGTH);
    if (colon === -1) {
      if (this.text.length > MAX_FIELD_LENGTH) this.mode = 'skip';
      return;
    }
    this.mode = this.startValue();
    const rest = bytes.subarray(colon + 1);
    if (rest.length > 0) this.part(rest);
  }

  private startValue(): 'first data' | 'type' | 'skip' {
    const field = this.takeField();
    if (field === 'event') return 'type';
    if (field !== 'data') return 'skip';
    this.listener.dataLine();
    return 'first data';
  }

  private takeField(): string {
    const field = this.begun ? this.text : this.text.replace(BYTE_ORDER_MARK, '');
    this.begun = true;
    this.text = '';
    return field;
  }

  private endLine(): void {
    if (this.mode === 'field') {
      const field = this.takeField();
      if (field === '') this.endEvent();
      else if (field === 'data') this.listener.dataLine();
      else if (field === 'event') this.listener.named('');
    } else if (this.mode === 'type') {
      this.listener.named(this.text.replace(/^ /, ''));
    }
    this.mode = 'field';
    this.text = '';
  }

  private endEvent(): void {
    this.inEvent = false;
    this.listener.ended();
  }
}

/** Finds the line breaks of a chunk, each byte of which is looked at twice at most. */
class LineEnds {
  private lf = -1;
  private cr = -1;

  constructor(private readonly chunk: Buffer) {}

  /** The first break at or after `at`; the chunk's length when there is none. */
  next(at: number): number {
    if (this.lf < at) this.lf = this.find(LF, at);
    if (this.cr < at) this.cr = this.find(CR, at);
    return Math.min(this.lf, this.cr);
  }

  private find(byte: number, at: number): number {
    const found = this.chunk.indexOf(byte, at);
    return found === -1 ? this.chunk.length : found;
  }
}
