import { invalidValue } from '../../common/domain-error.js';
import type { JsonObject, JsonValue } from '../../common/strict-json.js';
import type { ImageParameters } from '../../models/index.js';
import { type CreateImage, readCreateImage } from './create-image.reader.js';
import type { ProfileRules } from './profile.js';

const MAX_INPUTS = 1000;

/**
 * The body of a create request, or that of an edit: with any of `operation:
 * 'edit'`, `images` (the list of the JSON form, or how many there will be),
 * `image`, `mask` or `input_fidelity`. The pictures themselves are not looked at.
 *
 * @throws DomainError `missing_required_parameter` or `invalid_value` with `param`
 */
export function readQuote(body: JsonObject, profile: ProfileRules): CreateImage {
  const { operation, images, image, mask, input_fidelity: fidelity, ...rest } = body;
  const asked = readCreateImage(rest, profile);
  if (!isEdit(operation, [images, image, mask, fidelity].some(isSent))) return asked;
  const [param, pictures] = isSent(images) ? ['images', images] : ['image', pictureOf(image)];
  const parameters: ImageParameters = {
    ...asked.parameters,
    operation: 'edit',
    inputImages: countOf(pictures, param),
    mask: isSent(mask) && mask !== false,
    inputFidelity: typeof fidelity === 'string' ? fidelity : undefined,
  };
  const wireNames = { ...asked.options.wireNames, inputImages: param };
  return { ...asked, parameters, options: { ...asked.options, wireNames } };
}

function isSent(value: JsonValue | undefined): value is Exclude<JsonValue, null> {
  return value !== undefined && value !== null;
}

function isEdit(operation: JsonValue | undefined, edits: boolean): boolean {
  if (operation === undefined || operation === null) return edits;
  if (operation === 'edit' || operation === 'generate') return operation === 'edit';
  throw invalidValue('operation', 'There is no such operation.', {
    accepted: ['generate', 'edit'],
  });
}

/** In whichever form a single picture stands, it is one; and one is the least an edit has. */
function pictureOf(image: JsonValue | undefined): JsonValue {
  return Array.isArray(image) || typeof image === 'number' ? image : 1;
}

function countOf(images: JsonValue, param: string): number {
  if (Array.isArray(images)) return images.length;
  const count = typeof images === 'string' ? Number(/^\d{1,4}$/.exec(images)?.[0]) : images;
  const isCount = typeof count === 'number' && Number.isInteger(count);
  if (isCount && count >= 1 && count <= MAX_INPUTS) return count;
  throw invalidValue(param, `'${param}' must be a list, or how many there are.`);
}
