import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Caller } from './caller.js';

/** Beside the request, not on it: no body parser or client header can plant a caller here. */
const callers = new WeakMap<object, Caller>();

export function rememberCaller(request: object, caller: Caller): void {
  callers.set(request, caller);
}

/** Whom a request acts for; `null` on a route without `ApiKeyGuard`. */
export function findCaller(request: object): Caller | null {
  return callers.get(request) ?? null;
}

/** Whom a request acts for, behind `ApiKeyGuard`. */
export function callerOrThrow(request: object): Caller {
  const caller = findCaller(request);
  if (!caller) throw new Error('This route is not behind ApiKeyGuard.');
  return caller;
}

/** The caller as a handler's parameter. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) => {
  return callerOrThrow(context.switchToHttp().getRequest<object>());
});
