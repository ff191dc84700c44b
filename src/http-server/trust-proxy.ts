import type { Express, NextFunction, Request, Response } from 'express';
import { logger } from '../observability/logger.js';

const log = logger('http');

const FORWARDING_HEADERS = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
];

/**
 * Believes forwarding headers from the proxies named, and from nobody else:
 * whoever may set them chooses the address that CIDR lists and limits see.
 *
 * @param cidrs comma-separated, e.g. `10.0.0.0/8, loopback`
 * @throws Error when one of them is no address range
 */
export function trustProxies(app: Express, cidrs: string | undefined): void {
  const list = (cidrs ?? '').split(',').map((cidr) => cidr.trim());
  const named = list.filter((cidr) => cidr !== '');
  try {
    app.set('trust proxy', named.length > 0 ? named : false);
  } catch (cause) {
    throw new Error('Invalid environment:\n  TRUST_PROXY: must be a list of CIDRs', { cause });
  }
}

/** Says once that forwarding headers come from somebody who is not trusted: usually a setting forgotten. */
export function warnOfUntrustedProxies(): (
  request: Request,
  response: Response,
  next: NextFunction,
) => void {
  let warned = false;
  return (request, _response, next) => {
    if (!warned && isForwarded(request) && !isTrusted(request)) {
      warned = true;
      log.warn('Forwarding headers ignored: add the proxy to TRUST_PROXY if it is yours', {
        from: request.socket.remoteAddress,
      });
    }
    next();
  };
}

/** Whether the request says that it came through a proxy, true or not. */
function isForwarded({ headers }: Pick<Request, 'headers'>): boolean {
  return FORWARDING_HEADERS.some((name) => headers[name] !== undefined);
}

function isTrusted({ app, socket }: Request): boolean {
  const trusts = app.get('trust proxy fn') as (address: string, hop: number) => boolean;
  return trusts(socket.remoteAddress ?? '', 0);
}
