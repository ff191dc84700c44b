import { Base64Text } from './base64-text.js';

const BACKSLASH = 0x5c;
/** What Node decodes too, although it is the other alphabet. */
const OTHER_ALPHABET = [0x2d, 0x5f];
/** Characters looked at in one go; a multiple of four. */
const STRIDE = 64 * 1024;
/** Less than this takes the slower way: it may begin with `data:`. */
const MIN_PLAIN = 16;
/** Decoded into to see whether a text can be, and never read. */
const scratch = Buffer.allocUnsafeSlow((STRIDE / 4) * 3);

/**
 * Passes the inside of one JSON string of base64 on as base64, piece by piece.
 *
 * Plain text is checked and handed on in the memory it came in, neither decoded
 * for good nor encoded again. From the first piece that is anything else
 * (escapes, line breaks, a `data:` prefix, the other alphabet, padding) the rest
 * is read as `Base64Text` reads it and written anew, so that what comes out is
 * plain and padded always. It comes in whole groups of four characters: a text
 * that breaks off can be read as far as it goes.
 */
export class Base64Passage {
  /** Characters of a group that is not complete yet. */
  private carry = '';
  private started = false;
  private rewriting: Rewriting | null = null;

  /** @param toError what a problem is thrown as; its text quotes nothing of what came */
  constructor(private readonly toError: (problem: string) => Error) {}

  /**
   * Takes ownership of `piece`. Returns the characters that can leave, often in
   * the same memory, or null when there are none yet. Throws for what is no base64.
   */
  write(piece: Buffer): Buffer | null {
    if (!this.rewriting && isPlain(piece)) {
      this.started = true;
      return this.aligned(piece);
    }
    return this.rewritten().write(this.takeCarry(piece));
  }

  /** The last characters, or null. Throws for a text that stops short. */
  end(): Buffer | null {
    if (this.carry === '' && !this.rewriting) return null;
    return this.rewritten().end(this.takeCarry(Buffer.alloc(0)));
  }

  /** The characters carried over and the piece, but for those of an incomplete group. */
  private aligned(piece: Buffer): Buffer {
    const { carry } = this;
    const over = (carry.length + piece.length) % 4;
    const end = piece.length - over;
    this.carry = piece.toString('latin1', end);
    if (carry === '') return piece.subarray(0, end);
    if (carry.length > over) return Buffer.concat([Buffer.from(carry), piece.subarray(0, end)]);
    piece.copyWithin(carry.length, 0, end);
    piece.write(carry, 0, 'latin1');
    return piece.subarray(0, carry.length + end);
  }

  private takeCarry(piece: Buffer): Buffer {
    const whole = this.carry === '' ? piece : Buffer.concat([Buffer.from(this.carry), piece]);
    this.carry = '';
    return whole;
  }

  private rewritten(): Rewriting {
    this.rewriting ??= new Rewriting(new Base64Text(this.toError, this.started));
    return this.rewriting;
  }
}

/** Decodes and encodes again. */
class Rewriting {
  /** Up to two bytes that are no whole group yet. */
  private rest: Buffer = Buffer.alloc(0);

  constructor(private readonly text: Base64Text) {}

  write(piece: Buffer): Buffer | null {
    const bytes = this.decoded(piece);
    const whole = bytes.length - (bytes.length % 3);
    this.rest = Buffer.from(bytes.subarray(whole));
    return whole > 0 ? Buffer.from(bytes.toString('base64', 0, whole), 'latin1') : null;
  }

  end(piece: Buffer): Buffer | null {
    const bytes = Buffer.concat([this.decoded(piece), this.text.end() ?? Buffer.alloc(0)]);
    return bytes.length > 0 ? Buffer.from(bytes.toString('base64'), 'latin1') : null;
  }

  private decoded(piece: Buffer): Buffer {
    const bytes = this.text.write(piece);
    return bytes ? Buffer.concat([this.rest, bytes]) : this.rest;
  }
}

/** Nothing but the 64 characters of base64 as JSON is usually written with it. */
function isPlain(piece: Buffer): boolean {
  if (piece.length < MIN_PLAIN || piece.includes(BACKSLASH)) return false;
  if (OTHER_ALPHABET.some((character) => piece.includes(character))) return false;
  const whole = piece.length - (piece.length % 4);
  for (let at = 0; at < whole; at += STRIDE) {
    if (!decodes(piece, at, Math.min(at + STRIDE, whole))) return false;
  }
  return decodes(piece, piece.length - 4, piece.length);
}

/** Node's decoder skips what it does not know, and then gives less. */
function decodes(piece: Buffer, start: number, end: number): boolean {
  return scratch.write(piece.toString('latin1', start, end), 'base64') === ((end - start) / 4) * 3;
}
