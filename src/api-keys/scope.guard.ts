import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { DomainError } from '../common/domain-error.js';
import type { Caller, Scope } from './caller.js';
import { callerOrThrow } from './current-caller.decorator.js';
import { RequireScope } from './require-scope.decorator.js';

/** The scope's check by itself, for surfaces that ask something else of a caller before it. */
@Injectable()
export class ScopeGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  /** @throws DomainError `insufficient_scope` */
  canActivate(context: ExecutionContext): boolean {
    const caller = callerOrThrow(context.switchToHttp().getRequest<object>());
    refuseMissingScope(this.reflector, context, caller);
    return true;
  }
}

/** @throws DomainError `insufficient_scope` */
export function refuseMissingScope(
  reflector: Reflector,
  context: ExecutionContext,
  caller: Caller,
): void {
  const required = reflector.getAllAndOverride<Scope | undefined>(RequireScope, [
    context.getHandler(),
    context.getClass(),
  ]);
  if (required !== undefined) requireScope(caller, required);
}

/**
 * For surfaces whose one route does what others have a route each for.
 *
 * @throws DomainError `insufficient_scope`
 */
export function requireScope({ scopes }: Caller, required: Scope): void {
  if (scopes === null || scopes.includes(required)) return;
  throw new DomainError('insufficient_scope', `This API key lacks the scope ${required}.`);
}
