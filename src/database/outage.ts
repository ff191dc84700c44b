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

/** What the server refused was rolled back; where nobody was reached nothing was asked. */
const NOT_RUN_STATES = /^(53...|57P03|57014|55P03|40001|40P01|25006|25P03)$/;
const UNREACHED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const UNREACHED_TEXTS = ['trying to connect', 'due to connection timeout', 'timeout expired'];

/** The database could not answer. */
export class DatabaseUnavailableError extends DomainError {
  /** The statement may have been committed all the same: callers that move money ask again with the same ids. */
  readonly mayHaveRun: boolean;

  constructor(cause: unknown) {
    super('database_unavailable', 'The service cannot reach its database. Please retry shortly.', {
      retryAfterSeconds: 1,
      cause,
    });
    this.mayHaveRun = types.isNativeError(cause) && !isBeforeRun(cause);
  }
}

function isBeforeRun(cause: Error): boolean {
  const { code, syscall } = cause as { code?: string; syscall?: string };
  if (syscall === 'connect') return true;
  if (code !== undefined && (UNREACHED.has(code) || NOT_RUN_STATES.test(code))) return true;
  return UNREACHED_TEXTS.some((text) => cause.message.includes(text));
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
