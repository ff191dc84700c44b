import { HttpException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DomainError } from '../common/domain-error.js';
import { type SurfaceFailure, toFailure } from './failure.js';
import type { RouteTable } from './route-table.js';

/**
 * What was thrown, as something to answer. The framework calls a wrong method
 * "not found"; the routes know better: it becomes 405, with `Allow`.
 */
export function failureAt(
  routes: RouteTable,
  exception: unknown,
  request: Request,
  response: Response,
): SurfaceFailure {
  const failure = toFailure(exception);
  if (!(exception instanceof HttpException) || exception.getStatus() !== 404) return failure;
  const methods = routes.methodsAt(request.path);
  if (methods.length === 0 || methods.includes(request.method)) return failure;
  const allowed = methods.join(', ');
  response.setHeader('Allow', allowed);
  const text = `This route takes ${allowed}, not ${request.method}.`;
  return toFailure(new DomainError('method_not_allowed', text));
}
