import type { NextFunction, Request, Response } from 'express';

/**
 * Folds repeated slashes in the path, because clients configured with a base
 * URL that ends in `/` ask for `//images/generations`. The query stays as it is.
 */
export function normalisePath(request: Request, _response: Response, next: NextFunction): void {
  const [path, ...query] = request.url.split('?');
  if (path.includes('//')) request.url = [path.replace(/\/{2,}/g, '/'), ...query].join('?');
  next();
}
