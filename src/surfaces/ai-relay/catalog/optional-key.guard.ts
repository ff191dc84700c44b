import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { AdmissionGuard } from '../../../admission/index.js';
import { EnvelopeKeyGuard } from '../envelope/envelope-key.guard.js';

/**
 * Lets everybody in. Whoever shows a key is asked for a good one, so that nobody
 * takes list prices for their own, and is held to its rate.
 */
@Injectable()
export class OptionalKeyGuard implements CanActivate {
  constructor(
    @Inject(EnvelopeKeyGuard) private readonly key: CanActivate,
    private readonly admission: AdmissionGuard,
  ) {}

  /** @throws DomainError `invalid_api_key`, `ip_not_allowed`, `rate_limit_exceeded` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { headers } = context.switchToHttp().getRequest<Request>();
    const shows = [headers.authorization, headers['x-api-key']].some((key) => key !== undefined);
    if (!shows) return true;
    await this.key.canActivate(context);
    return this.admission.canActivate(context);
  }
}
