import { DomainError } from '../common/domain-error.js';
import { logger } from '../observability/logger.js';
import type { SurfaceFailure } from './failure.js';

const log = logger('surface');

/** Bugs in full, outages in a line; what a client did wrong is no news. */
export function logFailure({ status }: SurfaceFailure, exception: unknown): void {
  if (status === 500) log.error('A request failed on a bug', { err: exception });
  else if (status > 500) log.warn('A request failed', fieldsOf(exception));
}

function fieldsOf(exception: unknown): Record<string, unknown> {
  if (!(exception instanceof DomainError)) return { err: exception };
  const { code, facts } = exception;
  return { code, ...facts.details, ...(facts.cause ? { err: facts.cause } : {}) };
}
