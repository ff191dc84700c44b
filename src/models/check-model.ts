import { parseCredits } from '../common/credits.js';
import { list, record, text } from './loose.js';
import type { ModelDraft } from './parse-model.js';
import { offerProblems } from './check-offers.js';
import { priceProblems } from './check-prices.js';
import { pointer, type Problem } from './problem.js';
import { sizeProblems } from './check-sizes.js';

/** Beyond it the schema has refused the amount already. */
const MAX_CREDITS = 1_000_000;

/** What the schema cannot say about one model. Paths are relative to it. */
export function checkModel(raw: unknown, draft: ModelDraft): Problem[] {
  const entry = record(raw);
  return [
    ...dateProblems(entry),
    ...amountProblems(entry),
    ...promptProblems(draft),
    ...sizeProblems(entry, draft.model),
    ...offerProblems(draft.model),
    ...(draft.model.lifecycle === 'retired' ? [] : priceProblems(draft)),
  ];
}

function dateProblems(entry: Readonly<Record<string, unknown>>): Problem[] {
  return ['created', 'shutdown']
    .filter((key) => typeof entry[key] === 'string' && !isDate(text(entry[key])))
    .map((key) => ({ path: pointer(key), message: 'It must be a day of the calendar.' }));
}

/** `Date.parse` takes 2026-02-30 for 2 March; a round trip does not. */
function isDate(day: string): boolean {
  const parsed = new Date(day);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day);
}

function promptProblems({ model: { prompt } }: ModelDraft): Problem[] {
  if (prompt.max === 0 || prompt.min <= prompt.max) return [];
  return [{ path: '/prompt/min', message: 'It must not exceed the maximum.' }];
}

/** Every amount must be exact in thousandths; sign and size are the schema's. */
function amountProblems(entry: Readonly<Record<string, unknown>>): Problem[] {
  const surcharges = record(entry.surcharges);
  const amounts: [string, unknown][] = [
    ['/surcharges/inputImage/credits', record(surcharges.inputImage).credits],
    ['/surcharges/partialImage', surcharges.partialImage],
    ['/surcharges/frame', surcharges.frame],
    ...Object.entries(record(surcharges.thinking)).map(([level, amount]): [string, unknown] => [
      `/surcharges/thinking${pointer(level)}`,
      amount,
    ]),
    ...list(entry.prices).map((line, at): [string, unknown] => [
      `/prices/${at}/credits`,
      record(line).credits,
    ]),
  ];
  return amounts
    .filter(([, amount]) => typeof amount === 'number' && Math.abs(amount) <= MAX_CREDITS)
    .filter(([, amount]) => parseCredits(amount) === null)
    .map(([path]) => ({ path, message: 'It must have at most three decimals.' }));
}
