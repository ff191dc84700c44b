import type { EditUpload } from '../../../surface-kit/index.js';
import { type AskedImage, readImageRequest } from './image-request.reader.js';

/**
 * Reads an edit: what a generate request has, and its images.
 *
 * @throws DomainError `missing_required_parameter` or `invalid_value` with `param`
 */
export function readEditRequest({ fields, images, mask }: EditUpload): AskedImage {
  const asked = readImageRequest(fields);
  const { wireNames } = asked.options;
  return {
    ...asked,
    parameters: {
      ...asked.parameters,
      operation: 'edit',
      inputImages: images.length,
      mask: mask !== null,
    },
    options: { ...asked.options, wireNames: { ...wireNames, inputImages: 'image' } },
  };
}
