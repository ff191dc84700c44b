import { types } from 'node:util';
import { DomainError } from '../common/domain-error.js';
import { scrub } from './scrub.js';

/** Causes followed before the rest is left out. */
const MAX_CAUSES = 4;

/** SQLSTATE class 22 (data exception): PostgreSQL quotes the value at fault in such messages. */
const QUOTES_DATA = /^22[0-9A-Z]{3}$/;

export interface ErrorRecord {
  readonly type: string;
  readonly message?: string;
  readonly code?: string;
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
  readonly stack?: string;
  readonly cause?: ErrorRecord;
}

/**
 * What a log record says about an error: its kind, code, scrubbed text, place
 * and causes. Other properties stay out, because drivers and HTTP clients hang
 * parameters, rows, headers and bodies on theirs.
 */
export function toErrorRecord(error: unknown, depth = 0): ErrorRecord {
  if (!types.isNativeError(error)) return { type: typeof error };
  const goOn = error.cause !== undefined && depth < MAX_CAUSES;
  return {
    type: scrub(error.name),
    ...textOf(error),
    ...(error instanceof DomainError ? detailsOf(error) : placeOf(error)),
    ...(goOn ? { cause: toErrorRecord(error.cause, depth + 1) } : {}),
  };
}

function textOf(error: Error): { code?: string; message?: string } {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || !/^\w{1,64}$/.test(code))
    return { message: scrub(error.message) };
  return QUOTES_DATA.test(code) ? { code } : { code, message: scrub(error.message) };
}

function detailsOf({ facts }: DomainError): Pick<ErrorRecord, 'details'> {
  return facts.details ? { details: facts.details } : {};
}

/** Frames only: the first lines of a stack repeat the message. */
function placeOf({ stack = '' }: Error): { stack?: string } {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames.length > 0 ? { stack: scrub(frames.slice(0, 12).join('\n')) } : {};
}
