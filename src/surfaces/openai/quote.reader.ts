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
  const edits = [images, image, mask, fidelity].some((value) => value !== undefined);
  if (!isEdit(operation, edits)) return asked;
  const parameters: ImageParameters = {
    ...asked.parameters,
    operation: 'edit',
    inputImages: countOf(images ?? image),
    mask: mask !== undefined && mask !== null && mask !== false,
    inputFidelity: typeof fidelity === 'string' ? fidelity : undefined,
  };
  return { ...asked, parameters };
}

function isEdit(operation: JsonValue | undefined, edits: boolean): boolean {
  if (operation === undefined || operation === null) return edits;
  if (operation === 'edit' || operation === 'generate') return operation === 'edit';
  throw invalidValue('operation', 'There is no such operation.', {
    accepted: ['generate', 'edit'],
  });
}

/** One picture is the least an edit has. */
function countOf(images: JsonValue | undefined): number {
  if (Array.isArray(images)) return images.length;
  if (typeof images !== 'number') return 1;
  if (Number.isInteger(images) && images >= 1 && images <= MAX_INPUTS) return images;
  throw invalidValue('images', "'images' must be a list, or how many there are.");
}
