import { DomainError } from '../../common/domain-error.js';
import { type EditUpload, LenientFields } from '../../surface-kit/index.js';
import { type CreateImage, readCreateImage } from './create-image.reader.js';
import type { ProfileRules } from './profile.js';

/**
 * Reads an edit in whichever form it came: what a create request has, its
 * images, and how closely to keep to them.
 *
 * @throws DomainError `missing_required_parameter` or `invalid_value` with `param`
 */
export function readEditImage(upload: EditUpload, profile: ProfileRules): CreateImage {
  const { fields, images, mask, imagesParam } = upload;
  const { input_fidelity: _fidelity, ...rest } = fields;
  // Several images are a parameter of their own for whoever guesses the model.
  const sent = new LenientFields({ ...fields, ...(images.length > 1 && { 'image[]': true }) });
  const model = sent.name('model') ?? profile.defaultModel(sent);
  const asked = readCreateImage({ ...rest, model }, profile);
  if (images.length === 0) throw missing(imagesParam);
  return {
    ...asked,
    parameters: {
      ...asked.parameters,
      operation: 'edit',
      inputImages: images.length,
      mask: mask !== null,
      inputFidelity: sent.word('input_fidelity'),
    },
    options: {
      ...asked.options,
      wireNames: { ...asked.options.wireNames, inputImages: imagesParam },
    },
  };
}

function missing(param: string): DomainError {
  return new DomainError('missing_required_parameter', `'${param}' is required.`, { param });
}
