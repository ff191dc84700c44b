import { type CallHandler, type ExecutionContext, Injectable } from '@nestjs/common';
import type { NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import type { Observable } from 'rxjs';
import { currentRequestId } from '../observability/request-context.js';

/** Headers of every authenticated answer, whatever its surface. */
@Injectable()
export class AnswerHeadersInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const response = context.switchToHttp().getResponse<Response>();
    const requestId = currentRequestId();
    if (requestId) response.setHeader('x-request-id', requestId);
    response.setHeader('Cache-Control', 'no-store');
    return next.handle();
  }
}
