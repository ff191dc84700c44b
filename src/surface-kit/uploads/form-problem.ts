import multer from 'multer';
import { DomainError, invalidValue } from '../../common/domain-error.js';
import { MAX_IMAGES } from './edit-upload.js';
import { isPlainName } from './form-fields.js';
import { placeOf } from './form-places.js';
import { tooLargeImage } from './upload-problem.js';

/** What the parser says of a form that stops or breaks half-way. */
const BROKEN =
  /^(?:Unexpected end of (?:form|file)|Malformed part header|Malformed content type|Multipart: Boundary not found|Unsupported content type)/;

const SAID: Readonly<Record<string, string>> = {
  LIMIT_PART_COUNT: 'The form has too many parts.',
  LIMIT_FIELD_COUNT: 'The form has too many fields.',
  LIMIT_FIELD_KEY: 'The name of a field is too long.',
  LIMIT_FIELD_NESTING: 'The name of a field may have no brackets.',
  LIMIT_FIELD_ARRAY_INDEX: 'The name of a field may have no brackets.',
  INVALID_FIELD_NAME: 'A field has no usable name.',
  MISSING_FIELD_NAME: 'A field has no name.',
};

/** What is wrong with a form, without a word of what its sender wrote. */
export function toFormProblem(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  if (error instanceof multer.MulterError) return limitProblem(error);
  if (error instanceof Error && BROKEN.test(error.message)) {
    return new DomainError('invalid_value', 'The form is cut short or damaged.', { cause: error });
  }
  return error;
}

function limitProblem({ code, field = '' }: multer.MulterError): DomainError {
  if (code === 'LIMIT_FILE_COUNT') {
    return invalidValue('image', 'There are too many files.', {
      accepted: [`up to ${MAX_IMAGES} images`, 'one mask'],
    });
  }
  if (code === 'LIMIT_FILE_SIZE') {
    const role = placeOf(field) ?? 'image';
    return tooLargeImage(role, role);
  }
  if (code === 'LIMIT_FIELD_VALUE' && isPlainName(field)) {
    return invalidValue(field, `'${field}' is too long.`);
  }
  return new DomainError('invalid_value', SAID[code] ?? 'The form could not be read.');
}
