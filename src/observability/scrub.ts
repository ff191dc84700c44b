/** Longest text of a foreign error that a record carries, in UTF-16 units. */
const MAX_TEXT = 2000;

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, '$1 …'],
  [/\b(?:aiimg-)?sk-[\w-]{6,}/gi, 'sk-…'],
  [/\bAIza[\w-]{10,}/g, 'AIza…'],
  [/(\/\/[^/\s:@]{1,256}:)[^/\s@]{1,256}@/g, '$1…@'],
  [
    /\b(api[-_]?key|key|token|secret|password)(["']?\s{0,4}[=:]\s{0,4}["']?)[^\s"'&,;]{4,}/gi,
    '$1$2…',
  ],
  [/[A-Za-z0-9+/]{120,}={0,2}/g, '(data)'],
];

/** Most texts are short and hold nothing of the kind: one look tells. */
const WORTH_A_LOOK = /sk-|bearer|basic|AIza|\/\/|key|token|secret|password|[^ -~]/i;
/** The length from which text may be image data. */
const LONG = 120;

/**
 * The last line of defence for texts that somebody else wrote (upstreams echo
 * keys, drivers echo addresses): masks what looks like a secret or like image
 * data, escapes characters that could forge or reorder a line on a terminal,
 * and cuts the rest. Records of our own carry ids and numbers to begin with.
 */
export function scrub(text: string): string {
  if (text.length < LONG && !WORTH_A_LOOK.test(text)) return text;
  let clean = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  for (const [pattern, mask] of SECRETS) clean = clean.replace(pattern, mask);
  return clean.replace(UNPRINTABLE, toEscape);
}

/** Controls other than line feed and tab, line separators, and bidirectional overrides. */
const UNPRINTABLE = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
