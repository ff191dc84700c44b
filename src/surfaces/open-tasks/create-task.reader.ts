import { DomainError, invalidValue } from '../../common/domain-error.js';
import type { JsonObject, JsonValue } from '../../common/strict-json.js';
import { codePointLength } from '../../common/text.js';
import { publicName } from '../../surface-kit/index.js';
import {
  ASPECT_RATIOS,
  type CreateTask,
  MAX_PROMPT,
  MAX_REFERENCES,
  MAX_URL,
  RESOLUTIONS,
  VISIBILITIES,
} from './create-task.dto.js';

const FIELDS = ['prompt', 'images', 'aspect_ratio', 'resolution', 'visibility'] as const;
type Field = (typeof FIELDS)[number];

/**
 * Reads the body of a create request to the letter: no other field, no other
 * type, no `null`. Which ratio goes with which resolution is the catalog's
 * business.
 *
 * @throws DomainError `invalid_value` or `missing_required_parameter`, with `param`
 */
export function readCreateTask(body: JsonObject): CreateTask {
  refuseOtherFields(body);
  return {
    prompt: promptOf(body.prompt),
    images: imagesOf(body.images),
    aspect_ratio: choiceOf(body, 'aspect_ratio', ASPECT_RATIOS, 'auto'),
    resolution: choiceOf(body, 'resolution', RESOLUTIONS, '1k'),
    visibility: choiceOf(body, 'visibility', VISIBILITIES, 'public'),
  };
}

function refuseOtherFields(body: JsonObject): void {
  const other = Object.keys(body).find((name) => !FIELDS.some((field) => field === name));
  if (other === undefined) return;
  const name = publicName(other);
  throw invalidValue(name, `${name} is not a field of this request.`, { accepted: FIELDS });
}

function promptOf(value: JsonValue | undefined): string {
  if (value === undefined) throw promptRequired();
  if (typeof value !== 'string') throw invalidValue('prompt', 'prompt must be a string.');
  if (!/\S/.test(value)) throw promptRequired();
  if (isWithin(value, MAX_PROMPT)) return value;
  throw invalidValue('prompt', 'prompt is too long.', {
    accepted: [`1 to ${MAX_PROMPT} characters`],
  });
}

/** In the words of the document. */
function promptRequired(): DomainError {
  return new DomainError('missing_required_parameter', 'prompt is required', { param: 'prompt' });
}

function imagesOf(value: JsonValue | undefined): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalidValue('images', 'images must be a list of addresses.');
  if (value.length > MAX_REFERENCES) {
    throw invalidValue('images', 'images has too many addresses.', {
      accepted: [`0 to ${MAX_REFERENCES}`],
    });
  }
  return (value as JsonValue[]).map(addressOf);
}

function addressOf(value: JsonValue, index: number): string {
  const param = `images[${index}]`;
  if (typeof value !== 'string') throw invalidValue(param, `${param} must be a string.`);
  if (isWithin(value, MAX_URL)) return value;
  throw invalidValue(param, `${param} is too long.`, { accepted: [`up to ${MAX_URL} characters`] });
}

function choiceOf<T extends string>(
  body: JsonObject,
  field: Field,
  accepted: readonly T[],
  otherwise: T,
): T {
  const value = body[field];
  if (value === undefined) return otherwise;
  const choice = accepted.find((word) => word === value);
  if (choice !== undefined) return choice;
  throw invalidValue(field, `${field} has a value that is not accepted.`, { accepted });
}

/** A code point is one or two units, so most lengths are decided without counting. */
function isWithin(text: string, max: number): boolean {
  return text.length <= max || (text.length <= 2 * max && codePointLength(text) <= max);
}
