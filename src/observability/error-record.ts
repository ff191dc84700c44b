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
  if (!(error instanceof Error)) return { type: typeof error };
  const code = codeOf(error);
  const cause = error.cause !== undefined && depth < MAX_CAUSES ? error.cause : null;
  return {
    type: scrub(error.name),
    ...(code && QUOTES_DATA.test(code) ? {} : { message: scrub(error.message) }),
    ...(code ? { code } : {}),
    ...(error instanceof DomainError && error.facts.details
      ? { details: error.facts.details }
      : {}),
    ...placeOf(error),
    ...(cause === null ? {} : { cause: toErrorRecord(cause, depth + 1) }),
  };
}

/** Frames only: the first lines of a stack repeat the message. An expected failure needs no place. */
function placeOf(error: Error): { stack?: string } {
  if (error instanceof DomainError || !error.stack) return {};
  const frames = error.stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames.length > 0 ? { stack: scrub(frames.slice(0, 12).join('\n')) } : {};
}

function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : undefined;
}
