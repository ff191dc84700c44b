/** A text is not gone through to its end for its beginning; white space may take this much of it. */
const UNITS_PER_CHARACTER = 8;

/** They turn the text around them, here our own, and show nothing themselves. */
const BIDI_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** White space, and characters that have no shape of their own. */
const LEADING_BLANKS = /^[\s\p{Default_Ignorable_Code_Point}]+/u;
/** What people take for one character: a family is one, of up to eleven code points. */
const CHARACTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The beginning of a text on one line, whole characters only.
 *
 * @param max Unicode code points, the mark of what is missing included
 * @returns empty for a text that shows nothing
 */
export function excerpt(text: string, max: number): string {
  const shown = text.replace(LEADING_BLANKS, '');
  const start = shown.slice(0, max * UNITS_PER_CHARACTER).replace(/[\ud800-\udbff]$/, '');
  const line = start.replace(BIDI_CONTROLS, '').replace(/\s+/gu, ' ').trim();
  const isWhole = start.length === shown.length && [...line].length <= max;
  return isWhole ? line : `${beginningOf(line, max - 1).trimEnd()}…`;
}

/** @param max code points; a first character of more is cut, as nothing would be left */
function beginningOf(line: string, max: number): string {
  let beginning = '';
  let length = 0;
  for (const { segment } of CHARACTERS.segment(line)) {
    length += [...segment].length;
    if (length > max) break;
    beginning += segment;
  }
  return beginning || [...line].slice(0, max).join('');
}
