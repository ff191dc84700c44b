import type { Request } from 'express';
import { currentRequestId } from '../../../observability/request-context.js';
import { languageOf } from '../messages/language.js';
import { SUCCESS } from '../messages/messages.js';

/** What every answer of the envelope routes that succeeded looks like. */
export interface Envelope<T> {
  readonly data: T;
  readonly code: 0;
  readonly message: string;
  readonly requestId?: string;
}

export function envelopeOf<T>(request: Pick<Request, 'headers'>, data: T): Envelope<T> {
  return { data, code: 0, message: SUCCESS[languageOf(request)], ...requestIdOf() };
}

/** Absent where nobody would find it again. */
export function requestIdOf(): { requestId?: string } {
  const requestId = currentRequestId();
  return requestId === null ? {} : { requestId };
}
