import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { KeyMode, KeyStyle } from './caller.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
/** Enough to tell one's keys apart; 24 unknown characters (142 bits) remain. */
const SHOWN_LENGTH = 6;
/** Bytes from here on would favour the first letters of the alphabet. */
const UNBIASED_BELOW = 256 - (256 % ALPHABET.length);
/** Longer than any secret; what exceeds it is not even matched against the pattern. */
const MAX_SECRET_LENGTH = 64;

const STYLE_PREFIXES: Readonly<Record<KeyStyle, string>> = {
  easel: 'sk-easel',
  aiimg: 'aiimg-sk',
  gip: 'sk-gip',
};

const SECRET = /^(?:sk-easel|aiimg-sk|sk-gip)-(live|test)-[0-9A-Za-z]{36}$/;

/** A new secret: prefix, 30 random base62 characters (178 bits), 6 of checksum. */
export function mintSecret(style: KeyStyle, mode: KeyMode): string {
  const body = `${STYLE_PREFIXES[style]}-${mode}-${randomBase62(RANDOM_LENGTH)}`;
  return body + checksum(body);
}

/**
 * Tells a secret of ours from garbage by form and checksum alone, so that
 * guesses and typing errors never cost a database query. The checksum covers
 * the prefix: a test secret renamed to live is garbage.
 */
export function isWellFormedSecret(text: string): boolean {
  if (text.length > MAX_SECRET_LENGTH || !SECRET.test(text)) return false;
  const body = text.slice(0, -CHECKSUM_LENGTH);
  return text.slice(-CHECKSUM_LENGTH) === checksum(body);
}

/** What lists and logs may show of a secret, such as `sk-easel-live-Ab12Cd`. */
export function shownPrefix(secret: string): string {
  return secret.slice(0, secret.lastIndexOf('-') + 1 + SHOWN_LENGTH);
}

/**
 * SHA-256, the only form that is stored. A slow hash would protect weak
 * passwords; 178 random bits need none, and every request pays for it.
 */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function checksum(body: string): string {
  let value = crc32(body);
  let text = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i += 1) {
    text = ALPHABET[value % ALPHABET.length] + text;
    value = Math.floor(value / ALPHABET.length);
  }
  return text;
}

/** Draws again instead of folding, so that every character is equally likely. */
function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < UNBIASED_BELOW && text.length < length) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return text;
}
