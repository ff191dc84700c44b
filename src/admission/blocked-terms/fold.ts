/** Zero-width characters, soft hyphens, variation selectors: what hides a word from a comparison. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;

/**
 * A text as blocked terms are compared: compatibility forms, width and case are
 * folded, invisible characters dropped, runs of white space made one blank.
 */
export function fold(text: string): string {
  const plain = text.normalize('NFKC').replace(INVISIBLE, '');
  // Upper case first: `ß` and `ss`, `ς` and `σ` meet only there.
  const folded = plain.toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
  return folded.replace(/\s+/g, ' ').trim();
}

const WORD = /[\p{L}\p{N}\p{M}]/u;

/** Written without blanks between words, or with endings glued to them. */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Bopomofo}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}\p{scx=Tibetan}]/u;

/** A letter, mark or digit of a script that separates words: only there a word has an edge. */
export function isSpacedLetter(character: string): boolean {
  return WORD.test(character) && !UNSPACED.test(character);
}
