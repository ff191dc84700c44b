import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Express } from 'express';

/** Longer than the idle time of common proxies (60 s), so that it is they who hang up first. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_MS = 15_000;
/** A whole request with its uploads; long enough for 50 MB over a slow line. */
const REQUEST_MS = 300_000;
const MAX_HEADERS = 100;
/** How often Node looks for requests past those limits. */
const CHECK_INTERVAL_MS = 5_000;

/**
 * Express re-prototypes every request and response, which costs half of a small
 * request's time because it makes V8 drop its shapes. Here the server creates
 * objects that already have the prototypes Express wants, so the call changes
 * nothing.
 */
class EaselHttpAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    const app = this.getInstance<Express>();
    const { Request, Response } = shapesOf(app);
    const server = createServer(
      {
        IncomingMessage: Request,
        ServerResponse: Response,
        keepAliveTimeout: KEEP_ALIVE_MS,
        headersTimeout: HEADERS_MS,
        requestTimeout: REQUEST_MS,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
      },
      app,
    );
    server.maxHeadersCount = MAX_HEADERS;
    this.setHttpServer(server);
  }
}

/** The adapter that both `main` and the tests build the application on. */
export function createHttpAdapter(): ExpressAdapter {
  return new EaselHttpAdapter();
}

/** Classes whose prototypes are, from now on, what `app` gives to every request and response. */
function shapesOf(app: Express) {
  class Request extends IncomingMessage {}
  class Response<R extends IncomingMessage = IncomingMessage> extends ServerResponse<R> {}
  Object.setPrototypeOf(Request.prototype, app.request);
  Object.setPrototypeOf(Response.prototype, app.response);
  Object.assign(app, { request: Request.prototype, response: Response.prototype });
  return { Request, Response };
}
