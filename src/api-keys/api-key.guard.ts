import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  mixin,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { annotateRequest } from '../observability/request-context.js';
import { credentialOf, type KeyHeader } from './credential.js';
import { rememberCaller } from './current-caller.decorator.js';
import { invalidApiKey, KeyAuthenticator } from './key-authenticator.js';
import { refuseMissingScope } from './scope.guard.js';

/** What a surface asks of a request by other rules than the usual. */
export interface KeyRules {
  readonly headers: readonly KeyHeader[];
  /** False: `ScopeGuard` stands further back. */
  readonly checksScope?: boolean;
}

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
  protected readonly checksScope: boolean = true;

  constructor(
    private readonly authenticator: KeyAuthenticator,
    private readonly reflector: Reflector,
  ) {}

  static for({ headers, checksScope = true }: KeyRules): Type<ApiKeyGuard> {
    class ConfiguredApiKeyGuard extends ApiKeyGuard {
      protected override readonly headers = headers;
      protected override readonly checksScope = checksScope;
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
    if (this.checksScope) refuseMissingScope(this.reflector, context, caller);
    rememberCaller(request, caller);
    return true;
  }
}
