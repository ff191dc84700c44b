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

  it('keeps a text of just that length', () => {
    expect(excerpt('🦊'.repeat(10), 10)).toBe('🦊'.repeat(10));
  });
});
