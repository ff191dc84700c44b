import type { Request } from 'express';
import { DomainError } from '../../common/domain-error.js';
import type { JsonObject } from '../../common/strict-json.js';
import { readBody, refuseOtherMedia, toJsonObject } from '../../surface-kit/index.js';
import { INVALID_REQUEST, MessageRefusal, PARSE_ERROR } from './message-refusal.js';

/** More than the longest call has, whose prompt has 100,000 characters in any script and escaping. */
const MAX_BYTES = 1_048_576;

/**
 * The one message of a request.
 *
 * @throws DomainError `unsupported_media_type`, `request_too_large`
 * @throws MessageRefusal for what is no JSON, and for JSON that is no single message
 */
export async function readMessage(request: Request): Promise<JsonObject> {
  refuseOtherMedia(request);
  const bytes = await readBody(request, MAX_BYTES);
  try {
    return toJsonObject(bytes);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const code = isJson(bytes) ? INVALID_REQUEST : PARSE_ERROR;
    throw new MessageRefusal(code, error.message, null, error.facts.param);
  }
}

/** By the language's own reader: ours also refuses JSON that we do not want. */
function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}
