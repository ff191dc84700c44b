import { type ArgumentsHost, Catch } from '@nestjs/common';
import type { Response } from 'express';
import { type SurfaceFailure, SurfaceErrorFilter, toFailure } from '../../surface-kit/index.js';

/** JSON-RPC 2.0. */
const INVALID_REQUEST = -32_600;
const INTERNAL_ERROR = -32_603;
/** Of the range that is the server's own, as the protocol's library uses it. */
const REFUSED = -32_000;

/** What fails before a message is answered: a JSON-RPC error that answers no id, with our code in `data`. */
@Catch()
export class McpErrorFilter extends SurfaceErrorFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const isUnknown = toFailure(exception).status === 401 && !response.headersSent;
    // How to come in is said with every 401 (RFC 6750).
    if (isUnknown) response.setHeader('WWW-Authenticate', 'Bearer realm="easel"');
    super.catch(exception, host);
  }

  protected override envelope({ status, code, message, param }: SurfaceFailure): object {
    const data = { code, ...(param !== null && { param }) };
    return { jsonrpc: '2.0', id: null, error: { code: rpcCode(status), message, data } };
  }
}

function rpcCode(status: number): number {
  if (status === 500) return INTERNAL_ERROR;
  return status === 400 ? INVALID_REQUEST : REFUSED;
}
