import type { Readable } from 'node:stream';
import type { DomainError } from '../../common/domain-error.js';
import type { ProviderRequest } from '../image-provider.js';
import { jsonEditBody } from './json-edit-body.js';
import { multipartBody } from './multipart-body.js';
import type { Quirks } from './quirks.js';
import { requestBody, requestFields } from './request-body.js';

/** What one call sends. Holds the prompt: never for a log. */
export interface CallBody {
  readonly contentType: string;
  /** Bytes; known beforehand, because not every upstream takes chunks. */
  readonly contentLength?: number;
  readonly content: string | Readable;
  /** Why an input could not be read to its end; null while none failed. */
  failure(): DomainError | null;
}

/** The body of a generation, or of an edit as this upstream takes it. */
export function callBody(request: ProviderRequest, quirks: Quirks): CallBody {
  if (request.operation === 'edit') {
    const fields = requestFields(request, quirks);
    return quirks.editMode === 'json'
      ? jsonEditBody(fields, request, quirks)
      : multipartBody(fields, request, quirks);
  }
  const content = requestBody(request, quirks);
  return { contentType: 'application/json', content, failure: () => null };
}
