import { type CallHandler, type ExecutionContext, Injectable } from '@nestjs/common';
import type { NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { type Observable, tap } from 'rxjs';

/** The version OpenAI's API has named itself by since the beginning. */
const OPENAI_VERSION = '2020-10-01';

const started = new WeakMap<Response, number>();

/** Headers OpenAI's API answers with, for clients and proxies that look at them. */
@Injectable()
export class OpenAiHeadersInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const response = context.switchToHttp().getResponse<Response>();
    started.set(response, performance.now());
    response.setHeader('openai-version', OPENAI_VERSION);
    return next.handle().pipe(tap(() => markProcessed(response)));
  }
}

/** Writes how long the request took so far, unless the answer is already on its way. */
export function markProcessed(response: Response): void {
  const since = started.get(response);
  if (since === undefined || response.headersSent) return;
  response.setHeader('openai-processing-ms', String(Math.round(performance.now() - since)));
}
