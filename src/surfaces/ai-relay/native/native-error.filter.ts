import { type ArgumentsHost, Catch, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { OpenAiErrorFilter, type SurfaceFailure } from '../../../surface-kit/index.js';
import { languageOf, nameLanguage } from '../messages/language.js';
import { messageOf } from '../messages/messages.js';
import { PREFIX } from '../prefix.js';

/** OpenAI's errors, in the language asked for. */
@Injectable()
@Catch()
export class NativeErrorFilter extends OpenAiErrorFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    if (!response.headersSent) nameLanguage(http.getRequest<Request>(), response);
    super.catch(exception, host);
  }

  protected override envelope(failure: SurfaceFailure, request: Request): object {
    const message = messageOf(failure, languageOf(request));
    return super.envelope({ ...failure, message }, request);
  }

  protected override locationOf(generationId: string): string {
    return `${PREFIX}/image/task/${generationId}`;
  }
}
