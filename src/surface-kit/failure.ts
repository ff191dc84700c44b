import { HttpException } from '@nestjs/common';
import {
  DomainError,
  type DomainErrorCode,
  type FieldProblem,
  STATUS_OF_CODE,
} from '../common/domain-error.js';

/** A failure as every surface answers it; each renders it in its own shape. */
export interface SurfaceFailure {
  readonly status: number;
  readonly code: DomainErrorCode;
  /** Public text. */
  readonly message: string;
  readonly param: string | null;
  /** Every field at fault, where more than the first is known; for surfaces that list them. */
  readonly problems: readonly FieldProblem[];
  /** Values the field accepts and the closest one, for surfaces that list them apart. */
  readonly accepted: readonly string[];
  readonly nearest: string | null;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | null;
  readonly generationId: string | null;
  /** The number that was met, where a limit was. */
  readonly limit: number | null;
}

/**
 * Whatever was thrown, as something to answer: a `DomainError` as it says, an
 * HTTP exception of the framework under our codes, everything else as an
 * opaque 500 (`null` facts, nothing of the cause).
 */
export function toFailure(exception: unknown): SurfaceFailure {
  const error = toDomainError(exception);
  const { facts } = error;
  return {
    status: STATUS_OF_CODE[error.code],
    code: error.code,
    message: error.message,
    param: facts.param ?? null,
    problems: facts.problems ?? [],
    accepted: facts.accepted ?? [],
    nearest: facts.nearest ?? null,
    retryable: error.isRetryable,
    retryAfterSeconds: facts.retryAfterSeconds ?? null,
    generationId: facts.generationId ?? null,
    limit: typeof facts.details?.limit === 'number' ? facts.details.limit : null,
  };
}

function toDomainError(exception: unknown): DomainError {
  if (exception instanceof DomainError) return exception;
  const status = exception instanceof HttpException ? exception.getStatus() : statusOf(exception);
  const known = FRAMEWORK_FAILURES.get(status);
  if (known) return new DomainError(...known);
  return status >= 400 && status < 500
    ? new DomainError('invalid_value', 'The request could not be read.')
    : new DomainError('internal_error', 'An internal error occurred. It has been logged.');
}

/** Errors of Express and its parsers carry a status of their own, e.g. for a bad `%` in a path. */
function statusOf(exception: unknown): number {
  const status = (exception as { status?: unknown } | null)?.status;
  if (typeof status === 'number' && exception instanceof Error) return status;
  return exception instanceof URIError ? 400 : 500;
}

/** Our own texts: the framework's quote the path or the body. */
const FRAMEWORK_FAILURES: ReadonlyMap<number, [DomainErrorCode, string]> = new Map([
  [401, ['invalid_api_key', 'Missing or invalid API key.']],
  [403, ['insufficient_scope', 'This key may not do that.']],
  [404, ['not_found', 'There is no such route.']],
  [405, ['method_not_allowed', 'This route does not take that method.']],
  [413, ['request_too_large', 'The body is too large.']],
  [415, ['unsupported_media_type', 'This media type is not accepted here.']],
  [429, ['rate_limit_exceeded', 'Too many requests.']],
  [503, ['draining', 'The server is shutting down or not ready yet.']],
]);
