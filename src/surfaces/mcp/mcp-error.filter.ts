import { type ArgumentsHost, Catch } from '@nestjs/common';
import type { Request, Response } from 'express';
import { type SurfaceFailure, SurfaceErrorFilter, toFailure } from '../../surface-kit/index.js';
import {
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  MessageRefusal,
} from './message-refusal.js';

/** Of the range that is the server's own, as the protocol's library uses it. */
const REFUSED = -32_000;

/**
 * What fails before a message is handed on: a JSON-RPC error with our code in
 * `data`. It answers no id, unless the message itself was refused and has one.
 */
@Catch()
export class McpErrorFilter extends SurfaceErrorFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const isUnknown = toFailure(exception).status === 401 && !response.headersSent;
    // How to come in is said with every 401 (RFC 6750).
    if (isUnknown) response.setHeader('WWW-Authenticate', 'Bearer realm="easel"');
    if (exception instanceof MessageRefusal) response.locals.refusal = exception;
    super.catch(exception, host);
  }

  protected override envelope(failure: SurfaceFailure, request: Request): object {
    const { status, code, message, param } = failure;
    const data = { code, ...(param !== null && { param }) };
    const { id = null, rpcCode = rpcCodeOf(status) } = refusalOf(request) ?? {};
    return { jsonrpc: '2.0', id, error: { code: rpcCode, message, data } };
  }

  /** A request of the right shape is answered by a response, whatever it says. */
  protected override statusFor({ status }: SurfaceFailure, request: Request): number {
    return refusalOf(request)?.rpcCode === INVALID_PARAMS ? 200 : status;
  }
}

function refusalOf({ res }: Request): MessageRefusal | undefined {
  return res?.locals.refusal as MessageRefusal | undefined;
}

function rpcCodeOf(status: number): number {
  if (status === 500) return INTERNAL_ERROR;
  return status === 400 ? INVALID_REQUEST : REFUSED;
}
