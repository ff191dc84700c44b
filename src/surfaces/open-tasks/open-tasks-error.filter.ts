import { Catch, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { DomainErrorCode } from '../../common/domain-error.js';
import { naming, type SurfaceFailure, SurfaceErrorFilter } from '../../surface-kit/index.js';
import type { TaskErrorDto } from './task-error.dto.js';

/** Where this API has a word of its own; every other code is answered as it is. */
const ERROR_OF_CODE: Readonly<Partial<Record<DomainErrorCode, string>>> = {
  invalid_value: 'invalid_request',
  missing_required_parameter: 'invalid_request',
  ip_not_allowed: 'ip_blocked',
  rate_limit_exceeded: 'rate_limited',
  concurrency_limit_exceeded: 'rate_limited',
  quota_exceeded: 'rate_limited',
  upstream_unavailable: 'provider_error',
  upstream_invalid_response: 'provider_error',
  model_unavailable: 'provider_error',
  generation_timeout: 'provider_error',
};

/** Texts its document gives word for word. */
const MESSAGE_OF_CODE: Readonly<Partial<Record<DomainErrorCode, string>>> = {
  invalid_api_key: 'Invalid API key',
  paid_account_required: 'Open API access requires a paid account.',
};

/** Statuses that name what is wrong with the call itself; they stay, listed or not. */
const KEPT = new Set([401, 402, 403, 404, 405, 413, 415, 429]);

/** `{code: -1, error, message}`, with the statuses that the document lists for each operation. */
@Injectable()
@Catch()
export class OpenTasksErrorFilter extends SurfaceErrorFilter {
  protected override envelope(failure: SurfaceFailure, request: Request): TaskErrorDto {
    const { code } = failure;
    const isMissing = this.statusFor(failure, request) === 404;
    const message = code === 'invalid_value' ? naming(failure) : failure.message;
    return {
      code: -1,
      error: isMissing ? 'not_found' : taskError(code),
      message: MESSAGE_OF_CODE[code] ?? message,
    };
  }

  /** A status that the document does not list becomes the nearest it lists (design §6). */
  protected override statusFor({ status, code }: SurfaceFailure, { method }: Request): number {
    if (method !== 'POST') return readStatus(status);
    if (status >= 500) return taskError(code) === 'provider_error' ? 502 : 500;
    return KEPT.has(status) && code !== 'model_not_found' ? status : 400;
  }
}

/** This API's word for a code of ours. */
export function taskError(code: DomainErrorCode): string {
  return ERROR_OF_CODE[code] ?? code;
}

/** A path that cannot be read names nothing. */
function readStatus(status: number): number {
  if (status >= 500) return 500;
  return KEPT.has(status) ? status : 404;
}
