import type { Request, RequestHandler, Response } from 'express';
import helmet from 'helmet';

/**
 * Headers for answers that are data, not pages: nothing may be loaded, run or
 * framed from them, and nothing is kept by caches. Pages and files replace what
 * they need to. HSTS leaves subdomains alone: they are the operator's.
 *
 * None of them depends on the request, so helmet is asked once, not every time.
 */
export function securityHeaders(): RequestHandler {
  const headers: [string, string][] = [['Cache-Control', 'no-store']];
  const recorder = {
    setHeader: (name: string, value: string) => headers.push([name, value]),
    removeHeader: () => undefined,
  };
  strictHelmet()({} as Request, recorder as unknown as Response, () => undefined);
  return (_request, response, next) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    next();
  };
}

function strictHelmet() {
  return helmet({
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
}
