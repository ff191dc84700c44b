import { cpuMsOf } from '../../../test/support/cpu-time.js';
import { fold } from './fold.js';
import { TermMatcher } from './term-matcher.js';

describe('blocked terms', () => {
  it.each([
    ['as a word', 'bomb', 'a bomb on a table'],
    ['at the ends of the text', 'bomb', 'bomb'],
    ['in any case', 'BoMb', 'A bOMB!'],
    ['beside punctuation', 'bomb', '(bomb), "bomb"'],
    ['beside an underscore or a dash', 'bomb', 'my_bomb-shelter'],
    ['beside a script without blanks', 'bomb', '炸弹bomb炸弹'],
    ['in full-width letters', 'bomb', 'ａ ｂｏｍｂ'],
    ['with invisible characters in it', 'bomb', 'bo\u200bm\u00adb'],
    ['with composed and decomposed accents', 'café', 'a cafe\u0301 in Paris'],
    ['with a sharp s', 'Straße', 'in der STRASSE'],
    ['with a final sigma', 'οδός', 'ΟΔΌΣ'],
    ['with a ligature', 'office', 'an o\ufb03ce'],
    ['as a phrase, whatever the white space', 'red  flag', 'a RED\n\tflag there'],
    ['in Chinese, anywhere', '炸弹', '一个大炸弹在桌子上'],
    ['in Japanese, anywhere', 'バクダン', 'これはバクダンです'],
    ['in Japanese, half-width', 'バクダン', 'これはﾊﾞｸﾀﾞﾝです'],
    ['in Korean, with an ending', '폭탄', '폭탄을 그려줘'],
    ['in Thai, anywhere', 'ระเบิด', 'รูปของระเบิดใหญ่'],
    ['with a mixed edge', 'A片', '看a片吧'],
    ['of characters beyond the first plane', '𠮷野家', 'ここは𠮷野家です'],
    ['that is punctuation', '***', 'oh ***!'],
    ['where it was begun in vain just before', 'ma ma mb', 'ma ma ma mb'],
  ])('are found %s', (_how, term, text) => {
    expect(new TermMatcher(['zzz', term]).matches(text)).toBe(true);
  });

  it.each([
    ['within a word', 'bomb', 'bombastic'],
    ['at the end of a word', 'bomb', 'carbomb'],
    ['before a mark', 'cafe', 'cafe\u0301'],
    ['before a letter beyond the first plane', 'bomb', 'bomb\u{10400}'],
    ['behind a letter beyond the first plane', 'bomb', '\u{10400}bomb'],
    ['in parts', 'red flag', 'a red and a flag'],
    ['with a word run into its neighbour', 'red flag', 'redflag'],
    ['with a mixed edge inside a word', 'A片', 'la片'],
    ['across the edges of words on both sides', 'mb ma', 'bomb mabomb ma'],
  ])('are not found %s', (_how, term, text) => {
    expect(new TermMatcher([term]).matches(text)).toBe(false);
  });

  it('that end where a longer one fails are found all the same', () => {
    const matcher = new TermMatcher(['abcde f', 'bcd', 'c']);
    expect(matcher.matches('x abcde g')).toBe(false);
    expect(new TermMatcher(['a red flag x', 'red flag']).matches('a red flag y')).toBe(true);
    expect(new TermMatcher(['他是炸弹客', '是炸', '炸']).matches('他是炸鱼')).toBe(true);
    expect(new TermMatcher(['他是炸弹客', '是鱼']).matches('他是是鱼')).toBe(true);
  });

  it('of nothing but invisible characters block nothing', () => {
    expect(fold('\u200b \u00ad')).toBe('');
    expect(new TermMatcher(['', '\u200b']).matches('anything')).toBe(false);
  });

  it('cost a pass over the text, however the text is made to look like them', () => {
    const terms = Array.from({ length: 10_000 }, (_, i) => `${'a'.repeat(i % 90)} b${i}`);
    const matcher = new TermMatcher(terms);
    const spent = cpuMsOf(() => {
      expect(matcher.matches('a'.repeat(32_000))).toBe(false);
      expect(matcher.matches('a '.repeat(16_000))).toBe(false);
    });
    expect(spent).toBeLessThan(2_000);
  });
});
