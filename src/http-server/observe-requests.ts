import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { DrainService } from '../observability/drain.service.js';
import { logger } from '../observability/logger.js';
import { observeRequest } from '../observability/metrics.js';
import {
  chooseRequestId,
  type RequestFacts,
  requestFacts,
  runWithRequest,
} from '../observability/request-context.js';

const log = logger('http');

/** Asked every few seconds by machines: logged only when somebody wants everything. */
const PROBES = /^\/(?:health|metrics)(?:\/|$)/;

/**
 * Gives every request its id, counts it for the drain, and writes its one log
 * line and metric when the answer has left. Of the request they hold method and
 * route pattern; path, query, headers and bodies can carry keys, links and
 * prompts, so none of them is ever read for the log.
 */
export function observeRequests(drain: DrainService): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    const requestId = chooseRequestId(request.headers['x-request-id']);
    response.setHeader('x-request-id', requestId);
    const ended = drain.track(() => {
      response.shouldKeepAlive = false;
    });
    runWithRequest(requestId, () => {
      const record = recorder(request, response, requestFacts());
      response.once('close', () => {
        ended();
        record();
      });
      next();
    });
  };
}

function recorder(request: Request, response: Response, facts: Readonly<RequestFacts>): () => void {
  const startedAt = performance.now();
  const { socket } = request;
  const writtenBefore = socket.bytesWritten;
  return () => {
    const ms = performance.now() - startedAt;
    const { method } = request;
    const { statusCode: status } = response;
    const route = routeOf(request);
    observeRequest(method, route, status, ms / 1000);
    const generationId = facts.generationId ?? response.getHeader('x-generation-id');
    log[levelFor(route, status)]('request', {
      method,
      route: route === UNMATCHED ? describeUnmatched(request.path) : route,
      status,
      ms: Math.round(ms * 10) / 10,
      bytes: socket.bytesWritten - writtenBefore,
      ...(response.writableFinished ? {} : { aborted: true }),
      ...(facts.keyId ? { keyId: facts.keyId } : {}),
      ...(generationId === undefined ? {} : { generationId }),
    });
  };
}

const UNMATCHED = 'unmatched';

function routeOf(request: Request): string {
  const route = request.route as { path?: unknown } | undefined;
  return typeof route?.path === 'string' ? request.baseUrl + route.path : UNMATCHED;
}

function levelFor(route: string, status: number): 'debug' | 'info' | 'warn' {
  if (status >= 500) return 'warn';
  return PROBES.test(route) ? 'debug' : 'info';
}

/** Enough of a wrong address to find the wrong base URL; nothing as long as a key or a link's token. */
function describeUnmatched(path: string): string {
  const steps = path.split('/').slice(1, 5);
  return `/${steps.map((step) => (/^[\w.-]{0,20}$/.test(step) ? step : '*')).join('/')} (unmatched)`;
}
