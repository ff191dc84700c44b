/** A text is not gone through to its end for its beginning; white space may take this much of it. */
const UNITS_PER_CHARACTER = 8;

/**
 * The beginning of a text on one line, whole characters only.
 *
 * @param max characters (Unicode code points), the mark of what is missing included
 */
export function excerpt(text: string, max: number): string {
  const start = text.slice(0, max * UNITS_PER_CHARACTER).replace(/[\ud800-\udbff]$/, '');
  const characters = [...start.replace(/\s+/gu, ' ').trim()];
  const isWhole = start.length === text.length && characters.length <= max;
  if (isWhole) return characters.join('');
  return `${characters
    .slice(0, max - 1)
    .join('')
    .trimEnd()}…`;
}
