import { DomainError, invalidValue } from '../../common/domain-error.js';
import {
  ImageRejectedError,
  type ImageRejection,
  INPUT_LIMITS,
  type InputRole,
} from '../../storage/index.js';

const SIZES = 'It has too many pixels, or is too long on one side.';
const DAMAGED = 'It is damaged or ends early.';

/** What its sender can do about a file, by why it was refused. */
const PROBLEMS: Readonly<Record<ImageRejection, string>> = {
  empty: 'It is empty.',
  not_an_image: 'It is no image of an accepted type.',
  type_not_allowed: 'It is no image of an accepted type.',
  malformed: DAMAGED,
  truncated: DAMAGED,
  undecodable: DAMAGED,
  trailing_bytes: 'There are bytes behind the end of the image.',
  too_many_bytes: 'It is too large.',
  too_many_pixels: SIZES,
  bad_dimensions: SIZES,
  too_many_frames: 'It has too many frames.',
  too_many_parts: 'It has too many parts.',
  active_content: 'It is no image of an accepted type.',
};

/**
 * What stopped an image on its way in, as its sender is told. Errors that say
 * so themselves pass; the store's failure may be retried, since nothing was
 * asked of any upstream yet.
 *
 * @param param the caller's own name for the image
 */
export function toUploadProblem(error: unknown, role: InputRole, param: string): unknown {
  if (error instanceof ImageRejectedError) return rejected(error, role, param);
  if (error instanceof DomainError && error.code === 'storage_unavailable') {
    return new DomainError('storage_unavailable', 'The image cannot be stored at the moment.', {
      retryable: true,
      cause: error,
    });
  }
  return error;
}

function rejected({ reason }: ImageRejectedError, role: InputRole, param: string): DomainError {
  const { maxBytes, maxPixels, mediaTypes } = INPUT_LIMITS[role];
  if (reason === 'too_many_bytes') return tooLargeImage(role, param);
  const accepted = [
    ...mediaTypes.map((type) => type.replace('image/', '')),
    `up to ${maxBytes} bytes`,
    `up to ${maxPixels} pixels`,
  ];
  return invalidValue(param, `'${param}' cannot be used. ${PROBLEMS[reason]}`, { accepted });
}

export function tooLargeImage(role: InputRole, param: string): DomainError {
  const { maxBytes } = INPUT_LIMITS[role];
  return new DomainError('request_too_large', `'${param}' may have at most ${maxBytes} bytes.`, {
    param,
  });
}
