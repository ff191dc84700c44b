import { describe, expect, it } from '@jest/globals';
import type { KeyMode, KeyStyle } from './caller.js';
import { hashSecret, isWellFormedSecret, mintSecret, shownPrefix } from './secret.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIXES: readonly [KeyStyle, KeyMode, string][] = [
  ['easel', 'live', 'sk-easel-live-'],
  ['easel', 'test', 'sk-easel-test-'],
  ['aiimg', 'live', 'aiimg-sk-live-'],
  ['aiimg', 'test', 'aiimg-sk-test-'],
  ['gip', 'live', 'sk-gip-live-'],
  ['gip', 'test', 'sk-gip-test-'],
];

function swapped(text: string, i: number): string {
  return text.slice(0, i) + text[i + 1] + text[i] + text.slice(i + 2);
}

describe('API key secrets', () => {
  it.each(PREFIXES)('%s %s secrets read %s + 36 base62 characters', (style, mode, prefix) => {
    const secret = mintSecret(style, mode);

    expect(secret).toMatch(new RegExp(`^${prefix}[0-9A-Za-z]{36}$`));
    expect(isWellFormedSecret(secret)).toBe(true);
  });

  it('keeps the format that issued keys have', () => {
    const body = `sk-easel-live-${'a'.repeat(30)}`;

    expect(isWellFormedSecret(`${body}0vctD5`)).toBe(true);
  });

  it('the checksum catches every single wrong character', () => {
    const secret = mintSecret('easel', 'live');

    for (let i = 0; i < secret.length; i += 1) {
      for (const letter of `${ALPHABET}-_ `) {
        if (letter === secret[i]) continue;
        const wrong = secret.slice(0, i) + letter + secret.slice(i + 1);
        expect({ wrong, accepted: isWellFormedSecret(wrong) }).toEqual({ wrong, accepted: false });
      }
    }
  });

  it('the checksum catches every transposition of neighbours', () => {
    for (let round = 0; round < 50; round += 1) {
      const secret = mintSecret('easel', 'live');
      for (let i = 0; i + 1 < secret.length; i += 1) {
        const wrong = swapped(secret, i);
        if (wrong !== secret) expect(isWellFormedSecret(wrong)).toBe(false);
      }
    }
  });

  it('a secret of one mode or style cannot be renamed to another', () => {
    const secret = mintSecret('easel', 'test');

    expect(isWellFormedSecret(secret.replace('-test-', '-live-'))).toBe(false);
    expect(isWellFormedSecret(secret.replace('sk-easel', 'sk-gip'))).toBe(false);
  });

  it.each([
    '',
    'sk-easel-live-',
    'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789',
    `sk-easel-live-${'é'.repeat(36)}`,
    `${mintSecret('easel', 'live')}\n`,
    ` ${mintSecret('easel', 'live')}`,
    mintSecret('easel', 'live').toUpperCase(),
    'k'.repeat(100_000),
  ])('%.40j is garbage', (text) => {
    expect(isWellFormedSecret(text)).toBe(false);
  });

  it('draws every character equally often', () => {
    const counts = new Map<string, number>();
    const draws = 4000;
    for (let i = 0; i < draws; i += 1) {
      for (const letter of mintSecret('easel', 'live').slice(14, 44)) {
        counts.set(letter, (counts.get(letter) ?? 0) + 1);
      }
    }
    const expected = (draws * 30) / 62;
    const chiSquare = [...ALPHABET]
      .map((letter) => ((counts.get(letter) ?? 0) - expected) ** 2 / expected)
      .reduce((sum, term) => sum + term, 0);

    // 61 degrees of freedom: 130 is passed by chance once in a million runs;
    // folding 256 byte values onto 62 letters gives about 500.
    expect(chiSquare).toBeLessThan(130);
  });

  it('shows enough to recognise a key and too little to guess it', () => {
    const secret = mintSecret('aiimg', 'live');

    expect(shownPrefix(secret)).toBe(secret.slice(0, 'aiimg-sk-live-'.length + 6));
  });

  it('is stored as 32 bytes of SHA-256', () => {
    expect(hashSecret('abc').toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
