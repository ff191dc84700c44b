import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  mixin,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { DomainError } from '../common/domain-error.js';
import { annotateRequest } from '../observability/request-context.js';
import type { Caller, Scope } from './caller.js';
import { credentialOf, type KeyHeader } from './credential.js';
import { rememberCaller } from './current-caller.decorator.js';
import { invalidApiKey, KeyAuthenticator } from './key-authenticator.js';
import { RequireScope } from './require-scope.decorator.js';

/**
 * Lets a request through that carries a valid key with the scope its route
 * requires, and says who the caller is.
 *
 * Listens to Bearer, `x-api-key` and `api-key`; surfaces that take fewer use
 * `@UseGuards(ApiKeyGuard.for({ headers: ['bearer'] }))`. Query, body and
 * cookies are never looked at: they end up in access logs and browser histories.
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  protected readonly headers: readonly KeyHeader[] = ['bearer', 'x-api-key', 'api-key'];

  constructor(
    private readonly authenticator: KeyAuthenticator,
    private readonly reflector: Reflector,
  ) {}

  static for({ headers }: { readonly headers: readonly KeyHeader[] }): Type<ApiKeyGuard> {
    class ConfiguredApiKeyGuard extends ApiKeyGuard {
      protected override readonly headers = headers;
    }
    return mixin(ConfiguredApiKeyGuard);
  }

  /** @throws DomainError `invalid_api_key`, `ip_not_allowed`, `insufficient_scope` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const secret = credentialOf(request, this.headers);
    if (secret === null) throw invalidApiKey();
    const caller = await this.authenticator.authenticate(secret, request.ip);
    annotateRequest({ keyId: caller.keyId });
    this.checkScope(context, caller);
    rememberCaller(request, caller);
    return true;
  }

  private checkScope(context: ExecutionContext, { scopes }: Caller): void {
    const required = this.reflector.getAllAndOverride<Scope | undefined>(RequireScope, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (required === undefined || scopes === null || scopes.includes(required)) return;
    throw new DomainError('insufficient_scope', `This API key lacks the scope ${required}.`);
  }
}
