import { type CallHandler, type ExecutionContext, Injectable } from '@nestjs/common';
import type { NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Observable } from 'rxjs';
import { nameLanguage } from './language.js';

/** Every answer of this surface says which language it is in. */
@Injectable()
export class LanguageInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    nameLanguage(http.getRequest<Request>(), http.getResponse<Response>());
    return next.handle();
  }
}
