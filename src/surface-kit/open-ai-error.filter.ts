import { Catch, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { DomainErrorCode } from '../common/domain-error.js';
import { aliasOf, aliasPrefix } from './alias.js';
import type { SurfaceFailure } from './failure.js';
import { SurfaceErrorFilter } from './surface-error.filter.js';

/** Codes whose type is not `invalid_request_error` (design §8). */
const TYPE_OF_CODE: Readonly<Partial<Record<DomainErrorCode, string>>> = {
  content_policy_violation: 'image_generation_user_error',
  insufficient_credits: 'insufficient_quota',
  insufficient_scope: 'permission_error',
  model_not_allowed: 'permission_error',
  ip_not_allowed: 'permission_error',
  paid_account_required: 'permission_error',
  rate_limit_exceeded: 'rate_limit_error',
  concurrency_limit_exceeded: 'rate_limit_error',
  quota_exceeded: 'rate_limit_error',
};

/** OpenAI's `{error: {message, type, param, code}}`, which its SDKs parse. */
@Injectable()
@Catch()
export class OpenAiErrorFilter extends SurfaceErrorFilter {
  protected override envelope(failure: SurfaceFailure, _request: Request): object {
    const { message, param, code, status } = failure;
    return { error: { message, type: openAiErrorType(code, status), param, code } };
  }

  protected override statusFor(failure: SurfaceFailure, request: Request): number {
    return aliasOf(request) === 'aiimg' ? aiimgStatus(failure, request.path) : failure.status;
  }

  protected override locationOf(generationId: string, request: Request): string {
    return `${aliasPrefix(request)}/v1/images/${generationId}`;
  }
}

/** The `type` beside a code. */
export function openAiErrorType(code: DomainErrorCode, status: number): string {
  return TYPE_OF_CODE[code] ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
}

/**
 * The AIImg API lists few statuses per operation; the others become the nearest
 * listed one (design §6). Its `GET /images/{id}` lists only 404 and no 5xx, and
 * it has no list of models, so those keep their statuses.
 */
function aiimgStatus({ status, code }: SurfaceFailure, path: string): number {
  if (path.startsWith('/aiimg/v1/models')) return status;
  if (status === 403) return 401;
  if (/^\/aiimg\/v1\/images\/(?!(?:generations|edits|quote|variations)\/?$)/.test(path))
    return status === 410 ? 404 : status;
  if (status >= 500) return 502;
  const rejected = status === 409 || status === 422 || code === 'model_not_found';
  return rejected ? 400 : status;
}
