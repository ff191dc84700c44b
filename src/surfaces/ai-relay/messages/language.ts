import type { Request, Response } from 'express';

/** What this surface speaks. */
export type Language = 'zh' | 'en';

/** Of who says nothing about languages, or takes any. */
const USUAL: Language = 'zh';
/** Of who says something, but neither: more of them read it. */
const OTHERWISE: Language = 'en';

/** A client that lists more has other things in mind. */
const MAX_RANGES = 20;
const RANGE = /^[a-z0-9*-]{1,64}$/i;
const WEIGHT = /^q=([\d.]{1,5})$/i;

/**
 * The language a request is answered in, by its `Accept-Language` (RFC 9110):
 * the one of ours with the highest weight, the first named among equals.
 */
export function languageOf({ headers }: Pick<Request, 'headers'>): Language {
  const sent = headers['accept-language'] ?? '';
  const wanted = sent
    .split(',', MAX_RANGES)
    .map(toRange)
    .filter((range) => range !== null)
    .sort((a, b) => b.weight - a.weight);
  if (wanted.length === 0) return USUAL;
  const [best] = wanted.filter(({ weight, language }) => weight > 0 && language !== null);
  return best?.language ?? OTHERWISE;
}

/** Says which language an answer is in, and that another request may get another. */
export function nameLanguage(request: Pick<Request, 'headers'>, response: Response): void {
  response.setHeader('Content-Language', languageOf(request));
  response.vary('Accept-Language');
}

/** Null where nothing can be read; a language of null is none of ours. */
function toRange(part: string): { language: Language | null; weight: number } | null {
  const [tag, parameter = 'q=1'] = part.split(';').map((text) => text.trim());
  const weight = Number(WEIGHT.exec(parameter)?.[1]);
  if (!RANGE.test(tag) || !(weight >= 0 && weight <= 1)) return null;
  return { language: toLanguage(tag.toLowerCase()), weight };
}

function toLanguage(tag: string): Language | null {
  const [primary] = tag.split('-');
  if (primary === '*') return USUAL;
  return primary === 'zh' || primary === 'en' ? primary : null;
}
