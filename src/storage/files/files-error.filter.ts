import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Response } from 'express';
import { DomainError, STATUS_OF_CODE } from '../../common/domain-error.js';

/** Failures of file links as one line of plain text: whoever follows a link is no API client. */
@Catch()
export class FilesErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) return void response.destroy();
    const { status, text } = describe(error);
    response.status(status);
    response.set({
      'Cache-Control': 'no-store',
      'Content-Security-Policy': "sandbox; default-src 'none'",
      'X-Content-Type-Options': 'nosniff',
    });
    response.type('text/plain').send(`${text}\n`);
  }
}

function describe(error: unknown): { status: number; text: string } {
  if (error instanceof DomainError) {
    return { status: STATUS_OF_CODE[error.code], text: error.message };
  }
  if (error instanceof HttpException) return { status: error.getStatus(), text: error.message };
  return { status: 500, text: 'Something went wrong.' };
}
