import type { Asking } from './asking.js';
import type { ModelOptions } from './catalog.js';
import { nearestOf, quoted } from './nearest.js';

type OptionField = keyof ModelOptions;

/** Every option the model takes, by our name. */
export type ResolvedOptions = { readonly [field in OptionField]?: string };

const FIELDS: readonly OptionField[] = [
  'quality',
  'style',
  'background',
  'outputFormat',
  'moderation',
  'complexity',
  'thinkingLevel',
  'inputFidelity',
];

/**
 * What one family of models calls what another calls differently. Clients send
 * the words of the model they were written for, whatever model they name; the
 * words are tried in order. Lenient surfaces only.
 */
const SAME_QUALITY: ReadonlyMap<string, readonly string[]> = new Map([
  ['standard', ['medium']],
  ['hd', ['high']],
  ['auto', ['standard']],
  ['low', ['standard']],
  ['medium', ['standard']],
  ['high', ['hd']],
]);

/**
 * Checks the enumerated parameters. One that the model lacks is dropped, or
 * refused on strict surfaces; a value outside the model's list is refused on all.
 *
 * @throws DomainError `invalid_value`
 */
export function resolveOptions(asking: Asking): ResolvedOptions {
  const resolved: { [field in OptionField]?: string } = {};
  for (const field of FIELDS) {
    const value = asking.sent[field];
    if (value === undefined) continue;
    const accepted = asking.model.options[field];
    if (accepted.length === 0) asking.drop(field);
    else resolved[field] = resolveOption(asking, field, value, accepted);
  }
  return resolved;
}

function resolveOption(
  asking: Asking,
  field: OptionField,
  value: string,
  accepted: readonly string[],
): string {
  if (accepted.includes(value)) return value;
  const isQuality = field === 'quality';
  const synonym = isQuality ? synonymOf(value, accepted) : undefined;
  if (synonym !== undefined && !asking.options.strict) return synonym;
  const meant = isQuality ? synonymOf(value.slice(0, 16).toLowerCase(), accepted) : undefined;
  throw asking.refusal(field, `Invalid ${asking.wire(field)} ${quoted(value)}.`, {
    accepted,
    nearest: meant ?? nearestOf(value, accepted),
  });
}

function synonymOf(quality: string, accepted: readonly string[]): string | undefined {
  return SAME_QUALITY.get(quality)?.find((word) => accepted.includes(word));
}
