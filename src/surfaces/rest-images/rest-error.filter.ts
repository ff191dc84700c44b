import { Catch } from '@nestjs/common';
import type { Request } from 'express';
import type { DomainErrorCode } from '../../common/domain-error.js';
import { type SurfaceFailure, SurfaceErrorFilter } from '../../surface-kit/index.js';

/** What is short or full, where no field of the caller's is at fault. */
const PATH_OF_CODE: Readonly<Partial<Record<DomainErrorCode, string>>> = {
  insufficient_credits: 'credits',
};

/** This API lists few statuses; each of ours becomes the nearest of them (design §6). */
const LISTED_STATUS: Readonly<Partial<Record<number, number>>> = {
  402: 400,
  403: 401,
  409: 400,
  410: 400,
  422: 400,
};

/** `{error: {message, details: [{path, message, code}]}}`; a detail without a field has an empty path. */
@Catch()
export class RestErrorFilter extends SurfaceErrorFilter {
  protected override envelope(failure: SurfaceFailure, request: Request): object {
    const { message, problems } = failure;
    const isUnreadable =
      failure.code === 'invalid_value' && this.statusFor(failure, request) === 404;
    const code = isUnreadable ? 'not_found' : failure.code;
    const whole = { param: pathOf(failure), message, code };
    const details = (problems.length > 0 ? problems : [whole]).map((problem) => ({
      path: problem.param,
      message: problem.message,
      code: problem.code,
    }));
    return { error: { message, details } };
  }

  protected override statusFor({ status, code }: SurfaceFailure, request: Request): number {
    if (status >= 500) return 500;
    if (code === 'model_not_found') return 400;
    if (isOneImage(request) && (status === 400 || status === 410)) return 404;
    return LISTED_STATUS[status] ?? status;
  }

  protected override locationOf(generationId: string): string {
    return `/api/v1/images/${generationId}`;
  }
}

/** The field at fault in this API's words; a limit that was met is none. */
function pathOf({ status, code, param }: SurfaceFailure): string {
  if (status === 429) return '';
  return param === 'model' ? 'modelId' : (param ?? PATH_OF_CODE[code] ?? '');
}

/** Fetching one image is either possible or 404. */
function isOneImage({ path, method }: Request): boolean {
  return method !== 'POST' && /^\/api\/v1\/images\/[^/]/i.test(path);
}
