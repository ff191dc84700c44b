import { types } from 'node:util';
import { DomainError } from '../common/domain-error.js';

/** SQLSTATE classes and codes that say "the server is not able now", not "the statement is wrong". */
const OUTAGE_STATES =
  /^(08...|53...|57P0[1-5]|57014|55000|55P03|40001|40P01|25006|25P03|58...|XX000)$/;
const OUTAGE_SYSCALLS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const OUTAGE_TEXTS = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Query read timeout',
  'Client has encountered a connection error',
  'Client was closed',
  'Connection ended unexpectedly',
];

/**
 * The database could not answer. Whether the statement was committed is unknown
 * when `sent`: callers that move money ask again with the same ids.
 */
export class DatabaseUnavailableError extends DomainError {
  constructor(cause: unknown) {
    super('database_unavailable', 'The service cannot reach its database. Please retry shortly.', {
      retryAfterSeconds: 1,
      cause,
    });
  }
}

/** Tells an outage from a bug, by what the driver or the server said. */
export function isOutage(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError) return true;
  // Not `instanceof`: errors of sockets are made in another realm when a test runner sandboxes us.
  if (!types.isNativeError(error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && (OUTAGE_SYSCALLS.has(code) || OUTAGE_STATES.test(code))) {
    return true;
  }
  const { errors } = error as { errors?: unknown };
  if (Array.isArray(errors) && errors.some(isOutage)) return true;
  return OUTAGE_TEXTS.some((text) => error.message.includes(text));
}
