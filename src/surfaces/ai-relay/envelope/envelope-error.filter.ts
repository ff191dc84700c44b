import { type ArgumentsHost, Catch, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DomainError, type DomainErrorCode, STATUS_OF_CODE } from '../../../common/domain-error.js';
import { naming, SurfaceErrorFilter, type SurfaceFailure } from '../../../surface-kit/index.js';
import { languageOf, nameLanguage } from '../messages/language.js';
import { messageOf } from '../messages/messages.js';
import { PREFIX } from '../prefix.js';
import { requestIdOf } from './envelope.js';

const INVALID_REQUEST = 10002;
const INVALID_MODEL = 12300;
const AI_CALL_FAILED = 12301;
const INVALID_TASK_ID = 12302;
const TASK_NOT_FOUND = 12303;

/** Names what a task is asked after by, in the errors about it. */
export const LOG_ID = 'logId';

/** Where this API has a number of its own; every other code is answered as its HTTP status. */
const NUMBER_OF_CODE: Readonly<Partial<Record<DomainErrorCode, number>>> = {
  invalid_value: INVALID_REQUEST,
  missing_required_parameter: INVALID_REQUEST,
  model_not_found: INVALID_MODEL,
  content_policy_violation: AI_CALL_FAILED,
  upstream_unavailable: AI_CALL_FAILED,
  upstream_invalid_response: AI_CALL_FAILED,
  model_unavailable: AI_CALL_FAILED,
  generation_timeout: AI_CALL_FAILED,
};

/** Where the field at fault says more than the code. */
const NUMBER_OF_FIELD: Readonly<Partial<Record<string, number>>> = {
  'invalid_value model': INVALID_MODEL,
  [`invalid_value ${LOG_ID}`]: INVALID_TASK_ID,
  [`not_found ${LOG_ID}`]: TASK_NOT_FOUND,
};

/** `{data: {}, code, message, requestId, timestamp}`, always with status 200. */
@Injectable()
@Catch()
export class EnvelopeErrorFilter extends SurfaceErrorFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = http.getResponse<Response>();
    if (!response.headersSent) nameLanguage(http.getRequest<Request>(), response);
    super.catch(exception, host);
  }

  protected override envelope(failure: SurfaceFailure, request: Request): object {
    const { code } = failure;
    const language = languageOf(request);
    // Chinese texts are made with the name of the field.
    const named = code === 'invalid_value' && language === 'en' ? naming(failure) : failure.message;
    return {
      data: {},
      code: isBadTaskPath(failure, request) ? INVALID_TASK_ID : numberOf(failure),
      message: messageOf({ ...failure, message: named }, language),
      ...requestIdOf(),
      timestamp: Date.now(),
    };
  }

  protected override statusFor(): number {
    return 200;
  }

  protected override locationOf(generationId: string): string {
    return `${PREFIX}/image/task/${generationId}`;
  }
}

/** An id whose escapes cannot be read reaches no handler. */
function isBadTaskPath({ code }: SurfaceFailure, { method, path }: Request): boolean {
  const isTask = path.toLowerCase().startsWith(`${PREFIX}/image/task/`);
  return code === 'invalid_value' && method === 'GET' && isTask;
}

/** The number of a failure in this API. */
export function numberOf({ code, param }: Pick<SurfaceFailure, 'code' | 'param'>): number {
  return NUMBER_OF_FIELD[`${code} ${param}`] ?? NUMBER_OF_CODE[code] ?? STATUS_OF_CODE[code];
}

/** @throws nothing: an error to be thrown, for an id that is none */
export function badTaskId(): DomainError {
  return new DomainError('invalid_value', 'The id of a task is a UUID.', { param: LOG_ID });
}

/** Foreign and missing ids look alike. */
export function taskNotFound(): DomainError {
  return new DomainError('not_found', 'No such task.', { param: LOG_ID });
}
