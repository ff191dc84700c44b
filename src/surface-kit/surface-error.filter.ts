import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { formatDuration } from '../admission/index.js';
import type { DomainErrorCode } from '../common/domain-error.js';
import { currentRequestId } from '../observability/request-context.js';
import type { SurfaceFailure } from './failure.js';
import { logFailure } from './failure-log.js';
import { RouteTable } from './route-table.js';
import { failureAt } from './wrong-method.js';

/** The generation goes on and can be asked after. */
const RUNNING: ReadonlySet<DomainErrorCode> = new Set([
  'generation_in_progress',
  'idempotency_in_progress',
]);

/**
 * Answers every failure of a surface in that surface's shape, the framework's
 * own (unknown route, wrong method, unreadable body) included. Bugs are logged
 * in full and answered as an opaque 500.
 */
@Catch()
export abstract class SurfaceErrorFilter implements ExceptionFilter {
  constructor(private readonly routes: RouteTable) {}

  /** The body this surface answers a failure with. */
  protected abstract envelope(failure: SurfaceFailure, request: Request): object;

  /** Headers of this surface's own, or a status its contract prefers. */
  protected statusFor(failure: SurfaceFailure, _request: Request): number {
    return failure.status;
  }

  /** Where a generation can be fetched on this surface. */
  protected locationOf(_generationId: string, _request: Request): string | null {
    return null;
  }

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const failure = failureAt(this.routes, exception, request, response);
    logFailure(failure, exception);
    if (response.headersSent) return void response.destroy();
    this.answer(failure, request, response);
  }

  private answer(failure: SurfaceFailure, request: Request, response: Response): void {
    setFailureHeaders(response, failure);
    const { code, generationId } = failure;
    const location = generationId && this.locationOf(generationId, request);
    if (location && RUNNING.has(code)) response.setHeader('Location', location);
    response.status(this.statusFor(failure, request)).json(this.envelope(failure, request));
  }
}

/** What a limit counts, by the name of the limit; requests per minute say so themselves. */
const COUNTED: Readonly<Record<string, string>> = {
  concurrency: 'requests',
  images_per_day: 'images',
  credits_per_day: 'credits',
  credits_per_month: 'credits',
};

function setLimitHeaders(
  response: Response,
  { param, limit, retryAfterSeconds }: SurfaceFailure,
): void {
  const counted = COUNTED[param ?? ''];
  if (limit === null || !counted) return;
  response.setHeader(`x-ratelimit-limit-${counted}`, String(limit));
  response.setHeader(`x-ratelimit-remaining-${counted}`, '0');
  if (retryAfterSeconds === null) return;
  response.setHeader(`x-ratelimit-reset-${counted}`, formatDuration(retryAfterSeconds * 1000));
}

function setFailureHeaders(response: Response, failure: SurfaceFailure): void {
  const requestId = currentRequestId();
  if (requestId) response.setHeader('x-request-id', requestId);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('x-should-retry', String(failure.retryable));
  if (failure.generationId) response.setHeader('x-generation-id', failure.generationId);
  if (failure.status === 429) setLimitHeaders(response, failure);
  if (failure.retryAfterSeconds !== null) {
    response.setHeader('Retry-After', String(failure.retryAfterSeconds));
    response.setHeader('retry-after-ms', String(failure.retryAfterSeconds * 1000));
  }
}
