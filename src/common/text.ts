/**
 * PostgreSQL text holds neither U+0000 nor unpaired surrogates: the first fails
 * a statement, the second is silently replaced. Both are refused at the edge
 * (design §4); nothing is stripped.
 */
export function isStorableText(value: string): boolean {
  return !value.includes('\u0000') && value.isWellFormed();
}

/** Length as customers count it: Unicode code points, not UTF-16 units. */
export function codePointLength(value: string): number {
  let length = 0;
  for (const _ of value) length += 1;
  return length;
}
