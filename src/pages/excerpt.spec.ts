import { describe, expect, it } from '@jest/globals';
import { excerpt } from './excerpt.js';

describe(excerpt.name, () => {
  it('leaves a short text as it is, on one line', () => {
    expect(excerpt('  a fox\n\tin the snow ', 20)).toBe('a fox in the snow');
  });

  it.each(['x'.repeat(50_000), '🦊'.repeat(11), `${' '.repeat(100)}fox`.repeat(9)])(
    'cuts a long one between characters and says so',
    (text) => {
      const cut = excerpt(text, 10);
      expect([...cut].length).toBeLessThanOrEqual(10);
      expect(cut.endsWith('…')).toBe(true);
      expect(cut.isWellFormed()).toBe(true);
    },
  );

  it('cuts no character that is put together from several', () => {
    const family = '👩\u200d👩\u200d👧\u200d👦';
    expect(excerpt(`ab${family}${family}`, 10)).toBe(`ab${family}…`);
    expect(excerpt(`abcd${family}`, 8)).toBe('abcd…');
  });

  it('cuts a character that is too long itself', () => {
    expect(excerpt(`a${'\u0301'.repeat(50)}`, 10)).toBe(`a${'\u0301'.repeat(8)}…`);
  });

  it('leaves out what turns the text around it', () => {
    const controls = '\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069';
    expect(excerpt(`a ${controls}fox`, 20)).toBe('a fox');
  });

  it.each(['\u200b\u2060', ' \u202e ', '\u00ad\ufeff', '\u3164', '\u200b'.repeat(5000)])(
    'is empty for a text that shows nothing: %j',
    (text) => {
      expect(excerpt(text, 70)).toBe('');
    },
  );

  it('keeps a text of just that length', () => {
    expect(excerpt('🦊'.repeat(10), 10)).toBe('🦊'.repeat(10));
  });
});
