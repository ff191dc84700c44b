import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { DomainError } from '../../common/domain-error.js';
import { Env } from '../../config/index.js';

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Lets a browser's request through only from pages that belong here, as the
 * protocol demands against DNS rebinding: of `PUBLIC_URL`, those that
 * `CORS_ORIGINS` names (`*` names none), and those of the machine itself, whose
 * origin no other name can take on. Programs send no Origin.
 */
@Injectable()
export class OriginGuard implements CanActivate {
  constructor(private readonly env: Env) {}

  /** @throws DomainError `origin_not_allowed` */
  canActivate(context: ExecutionContext): boolean {
    const { origin } = context.switchToHttp().getRequest<Request>().headers;
    if (origin === undefined || this.isKnown(origin)) return true;
    throw new DomainError(
      'origin_not_allowed',
      'Pages of this origin may not ask here. The operator can name it in CORS_ORIGINS.',
    );
  }

  private isKnown(origin: string): boolean {
    const { PUBLIC_URL, CORS_ORIGINS } = this.env;
    const named = CORS_ORIGINS.split(',').map((each) => each.trim().replace(/\/$/, ''));
    if (origin !== '*' && named.includes(origin)) return true;
    const url = URL.canParse(origin) ? new URL(origin) : null;
    if (url === null || url.origin !== origin) return false;
    return LOOPBACK.has(url.hostname) || (!!PUBLIC_URL && new URL(PUBLIC_URL).origin === origin);
  }
}
