import { canSet } from './typesetter.js';

/** A caption shows at most about three lines; no more than this is ever looked at. */
const READ_CODE_UNITS = 2_000;
/** Below this share of its letters a prompt is not quoted but mangled, so nothing is shown. */
const LEAST_LEGIBLE = 0.6;

/**
 * Scripts whose letters join, reorder or run from right to left need a shaping
 * engine; set letter by letter they would be wrong, so they are left out.
 */
const NEEDS_SHAPING =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const LETTER = /[\p{L}\p{N}]/u;
const BLANK = /[\s\p{Cc}\p{Zs}\p{Zl}\p{Zp}]/u;
const PICTOGRAM = /\p{Extended_Pictographic}/u;

/**
 * The part of a prompt that can be shown: one line of letters the font has.
 * Compatibility forms (full-width, mathematical letters, ligatures) become plain
 * ones; control and zero-width characters, stray combining marks, emoji and
 * scripts we cannot set disappear. Empty when too little would remain.
 */
export function captionText(prompt: string): string {
  const source = prompt.slice(0, READ_CODE_UNITS).toWellFormed().normalize('NFKC');
  let [kept, letters, legible] = ['', 0, 0];
  for (const character of source) {
    const shown = showable(character);
    if (LETTER.test(character)) {
      letters += 1;
      if (shown) legible += 1;
    }
    kept += shown;
  }
  if (legible < letters * LEAST_LEGIBLE) return '';
  return tidy(kept);
}

function showable(character: string): string {
  if (BLANK.test(character)) return ' ';
  if (/[\p{M}\p{C}]/u.test(character) || NEEDS_SHAPING.test(character)) return '';
  if (PICTOGRAM.test(character) && !/[©®™]/u.test(character)) return '';
  return canSet(character, 'caption') ? character : '';
}

/** Drops what is left dangling where something was taken out: doubled blanks, leading commas. */
function tidy(text: string): string {
  return text
    .replace(/ +/g, ' ')
    .replace(/ ([,.;:!?])/g, '$1')
    .replace(/^[\s,.;:!?]+/, '')
    .trim();
}
