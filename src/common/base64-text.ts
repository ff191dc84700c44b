const BACKSLASH = 0x5c;
const DATA_SCHEME = 'data:';
/** `data:` up to the comma; longer is no media type anybody writes. */
const MAX_DATA_PREFIX = 256;
/** Below this, decoding in place could overtake the characters carried over from before. */
const MIN_IN_PLACE = 16;

const UNFINISHED_ESCAPE = /\\(?:|u[0-9a-fA-F]{0,3})$/;
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|([^u])|)/g;
const DATA_PREFIX = /^data:[\w.+/;=-]*;base64$/i;
const SPACES = / +/g;
const BASE64 = /^([A-Za-z0-9+/_-]*)(={0,2})$/;
/** Line breaks are dropped here: unescaped they are no JSON, and junk. */
const LINE_BREAKS: Readonly<Record<string, true>> = { '\n': true, '\r': true, '\t': true };
const ESCAPED: Readonly<Record<string, string>> = { n: '', r: '', t: '' };

/**
 * Decodes the inside of one JSON string of base64 piece by piece.
 *
 * A piece of plain base64 is decoded into the memory it came in, so that a
 * picture needs no second buffer; the pieces handed out are never written again.
 * What is out of the ordinary (escapes, line breaks, a `data:` prefix, padding)
 * takes a slower way with the same result. Both alphabets are read, padding may
 * be missing.
 */
export class Base64Text {
  private head = '';
  /** Characters of a quantum of four that is not complete yet. */
  private carry = '';
  /** An escape sequence cut by the end of a piece. */
  private escape = '';
  private padding = 0;

  /**
   * @param toError what a problem is thrown as; its text quotes nothing of what came
   * @param started false until the first characters have shown whether there is a
   * `data:` prefix; true where the beginning has been read elsewhere
   */
  constructor(
    private readonly toError: (problem: string) => Error,
    private started = false,
  ) {}

  /**
   * Takes ownership of `piece`. Returns the bytes that are complete, often in
   * the same memory, or null when there are none yet. Throws for what is no base64.
   */
  write(piece: Buffer): Buffer | null {
    if (this.escape === '' && !piece.includes(BACKSLASH)) {
      return this.isPlain(piece) ? this.decodeInPlace(piece) : this.text(piece.toString('latin1'));
    }
    return this.text(this.unescape(this.escape + piece.toString('latin1')));
  }

  /** The last bytes, or null. Throws for a text that stops short. */
  end(): Buffer | null {
    if (this.escape !== '') throw this.toError('an escape sequence is cut');
    const rest = this.started ? null : this.begin(this.head);
    const last = this.lastBytes();
    return rest && last ? Buffer.concat([rest, last]) : (rest ?? last);
  }

  private lastBytes(): Buffer | null {
    const characters = this.padding > 0 ? this.carry : this.strip(this.carry);
    if (characters.length === 1) throw this.toError('base64 stops short');
    if (this.padding > 0 && characters === '') throw this.junk();
    return characters === '' ? null : Buffer.from(characters, 'base64');
  }

  private isPlain(piece: Buffer): boolean {
    if (this.padding > 0 || piece.length < MIN_IN_PLACE) return false;
    if (!this.started && this.head === '') {
      this.started = piece.toString('latin1', 0, DATA_SCHEME.length).toLowerCase() !== DATA_SCHEME;
    }
    return this.started;
  }

  private decodeInPlace(piece: Buffer): Buffer | null {
    const { carry } = this;
    const taken = carry === '' ? 0 : 4 - carry.length;
    const end = piece.length - ((carry.length + piece.length) % 4);
    const joint = carry + piece.toString('latin1', 0, taken);
    const whole = piece.toString('latin1', taken, end);
    this.carry = piece.toString('latin1', end);

    const first = joint === '' ? 0 : piece.write(joint, 0, 'base64');
    const length = first + piece.write(whole, first, 'base64');
    if (length === ((joint.length + whole.length) / 4) * 3) return piece.subarray(0, length);
    // The decoder skips what it does not know: look closer at anything that came out short.
    const text = joint + whole + this.carry;
    this.carry = '';
    return this.decode(text);
  }

  private text(text: string): Buffer | null {
    if (this.started) return this.decode(text);
    this.head += text;
    return this.prefixIsOpen() ? null : this.begin(this.head);
  }

  private prefixIsOpen(): boolean {
    const start = this.head.slice(0, DATA_SCHEME.length).toLowerCase();
    if (!DATA_SCHEME.startsWith(start)) return false;
    return !this.head.includes(',') && this.head.length <= MAX_DATA_PREFIX;
  }

  private begin(head: string): Buffer | null {
    this.started = true;
    this.head = '';
    if (!head.slice(0, DATA_SCHEME.length).toLowerCase().startsWith(DATA_SCHEME)) {
      return this.decode(head);
    }
    const comma = head.indexOf(',');
    const prefix = head.slice(0, Math.max(comma, 0));
    if (comma > MAX_DATA_PREFIX || !DATA_PREFIX.test(prefix)) {
      throw this.toError('a data: address is not base64');
    }
    return this.decode(head.slice(comma + 1));
  }

  private decode(text: string): Buffer | null {
    if (this.padding > 0) {
      this.strip(text);
      return null;
    }
    const all = this.carry + text;
    return this.wholes(all) ?? this.wholes(this.strip(all));
  }

  /** Decodes every complete quantum and carries the rest; null if something else is among them. */
  private wholes(characters: string): Buffer | null {
    const end = characters.length - (characters.length % 4);
    const bytes = Buffer.from(characters.slice(0, end), 'base64');
    if (bytes.length !== (end / 4) * 3) return null;
    this.carry = characters.slice(end);
    return bytes;
  }

  /** The characters of the alphabet alone; throws at anything but spaces and padding. */
  private strip(text: string): string {
    const [, characters, padding] = BASE64.exec(text.replace(SPACES, '')) ?? [];
    if (characters === undefined || padding === undefined) throw this.junk();
    if (this.padding > 0 && characters !== '') throw this.junk();
    this.padding += padding.length;
    if (this.padding > 2) throw this.junk();
    return characters;
  }

  private unescape(raw: string): string {
    this.escape = UNFINISHED_ESCAPE.exec(raw.slice(-5))?.[0] ?? '';
    const whole = raw.slice(0, raw.length - this.escape.length);
    const slashed = whole.replaceAll('\\/', '/');
    return slashed.includes('\\')
      ? slashed.replace(ESCAPE, (_all, hex?: string, letter?: string) =>
          this.unescaped(hex, letter),
        )
      : slashed;
  }

  private unescaped(hex: string | undefined, letter: string | undefined): string {
    if (hex !== undefined) {
      const character = String.fromCharCode(parseInt(hex, 16));
      return LINE_BREAKS[character] ? '' : character;
    }
    const character = letter === undefined ? undefined : ESCAPED[letter];
    if (character === undefined) throw this.junk();
    return character;
  }

  private junk(): Error {
    return this.toError('an image is not base64');
  }
}
