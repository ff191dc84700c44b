import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DomainError } from '../common/domain-error.js';
import { logger } from '../observability/logger.js';
import { currentRequestId } from '../observability/request-context.js';
import { failureAt, type RouteTable, type SurfaceFailure } from '../surface-kit/index.js';

const log = logger('http');

/** One of several things wrong with a request. */
interface Problem {
  readonly param: string;
  readonly message: string;
}

/**
 * Failures outside the surfaces (admin API, health, unknown routes, and
 * whatever is thrown where nothing else catches) as `application/problem+json`,
 * RFC 9457. A bug is logged in full and answered as an opaque 500.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly routes: RouteTable) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const failure = failureAt(this.routes, exception, request, response);
    logFailure(failure, exception);
    if (response.headersSent) return void response.destroy();
    setHeaders(response, failure);
    response.status(failure.status).send(JSON.stringify(toProblem(failure, exception)));
  }
}

function toProblem(failure: SurfaceFailure, exception: unknown): object {
  const { code, status, message, param } = failure;
  const problems = problemsOf(exception);
  return {
    type: `urn:easel:problem:${code}`,
    title: titleOf(code),
    status,
    detail: message,
    code,
    param,
    request_id: currentRequestId(),
    ...(problems.length > 0 ? { problems } : {}),
  };
}

/** Errors that found several things wrong at once carry them, by field or by JSON pointer. */
function problemsOf(exception: unknown): readonly Problem[] {
  const { problems } =
    exception instanceof DomainError ? (exception as { problems?: unknown }) : {};
  if (!Array.isArray(problems)) return [];
  return problems.map(({ param, path, message }: Found) => ({
    param: param ?? path ?? '',
    message,
  }));
}

interface Found {
  readonly param?: string;
  readonly path?: string;
  readonly message: string;
}

function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ');
  return words[0].toUpperCase() + words.slice(1);
}

function setHeaders(response: Response, { status, retryAfterSeconds }: SurfaceFailure): void {
  response.setHeader('Content-Type', 'application/problem+json; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  if (retryAfterSeconds !== null) response.setHeader('Retry-After', String(retryAfterSeconds));
}

function logFailure({ status, code }: SurfaceFailure, exception: unknown): void {
  if (status === 500) log.error('A request failed on a bug', { err: exception });
  else if (status > 500) log.warn('A request failed', { code, err: exception });
}
