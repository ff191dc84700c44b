import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { callerOrThrow } from '../api-keys/index.js';
import { AdmissionService } from './admission.service.js';
import { rateHeaders } from './rate-headers.js';
import { RateLimitExceededError } from './rate-limit-exceeded.error.js';
import type { RateState } from './rate-limits.service.js';

/** The little that is needed of an HTTP response. */
interface HeaderSink {
  setHeader(name: string, value: string): unknown;
}

/**
 * Stands behind `ApiKeyGuard` on every route with a rate limit:
 * `@UseGuards(ApiKeyGuard, AdmissionGuard)`. Tells the caller where it stands,
 * refused or not; `Retry-After` is for whoever renders the error.
 */
@Injectable()
export class AdmissionGuard implements CanActivate {
  constructor(private readonly admission: AdmissionService) {}

  /** @throws RateLimitExceededError, `database_unavailable` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const response = http.getResponse<HeaderSink>();
    try {
      const rate = await this.admission.admit(callerOrThrow(http.getRequest<object>()));
      if (rate) tell(response, rate);
      return true;
    } catch (error) {
      if (error instanceof RateLimitExceededError) tell(response, error.rate);
      throw error;
    }
  }
}

function tell(response: HeaderSink, rate: RateState): void {
  for (const [name, value] of Object.entries(rateHeaders(rate))) response.setHeader(name, value);
}
