import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { callerOrThrow } from '../api-keys/index.js';
import { AdmissionService } from './admission.service.js';

/** Stands behind `ApiKeyGuard` where only paid accounts are served. */
@Injectable()
export class PaidAccountGuard implements CanActivate {
  constructor(private readonly admission: AdmissionService) {}

  /** @throws DomainError `paid_account_required` */
  canActivate(context: ExecutionContext): boolean {
    this.admission.requirePaid(callerOrThrow(context.switchToHttp().getRequest<object>()));
    return true;
  }
}
