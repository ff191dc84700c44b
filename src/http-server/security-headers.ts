import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Headers for answers that are data, not pages: nothing may be loaded, run or
 * framed from them, and nothing is kept by caches. Pages and files replace what
 * they need to. HSTS leaves subdomains alone: they are the operator's.
 */
export function securityHeaders(): RequestHandler[] {
  const strict = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
    xFrameOptions: { action: 'deny' },
  });
  const uncached: RequestHandler = (_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  };
  return [strict as RequestHandler, uncached];
}
