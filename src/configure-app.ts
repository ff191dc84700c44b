import type { INestApplication, NestApplicationOptions } from '@nestjs/common';
import type { Express } from 'express';
import type { Env } from './config/index.js';
import { corsOptions } from './http-server/cors.js';
import { observeRequests } from './http-server/observe-requests.js';
import { ProblemFilter } from './http-server/problem.filter.js';
import { securityHeaders } from './http-server/security-headers.js';
import { trustProxies, warnOfUntrustedProxies } from './http-server/trust-proxy.js';
import { DrainService } from './observability/drain.service.js';
import { NestLogger } from './observability/logger.js';
import { startMetrics } from './observability/metrics.js';
import { PAGE_PREFIXES, PageErrorFilter } from './pages/index.js';
import {
  ErrorFilterByPrefix,
  normalisePath,
  OpenAiErrorFilter,
  RouteTable,
  withAliases,
} from './surface-kit/index.js';
import { MCP_PATH, McpErrorFilter } from './surfaces/mcp/index.js';
import {
  ENVELOPE_PREFIX,
  EnvelopeErrorFilter,
  NATIVE_PREFIX,
  NativeErrorFilter,
} from './surfaces/ai-relay/index.js';
import { OpenTasksErrorFilter, PREFIX as OPEN_TASKS_PREFIX } from './surfaces/open-tasks/index.js';
import { RestErrorFilter } from './surfaces/rest-images/index.js';

export { createHttpAdapter } from './http-server/http-adapter.js';

/**
 * What the application is created with. Bodies are read by the surfaces, each
 * by its own rules and after its guards; the framework's parsers accept forms
 * and forgive broken text.
 */
export const APP_OPTIONS: NestApplicationOptions = {
  bodyParser: false,
  abortOnError: false,
  logger: new NestLogger(),
};

/**
 * Everything about HTTP that holds for every route, for `main` and the tests
 * alike. Call it before `init` or `listen`.
 */
export function configureApp(app: INestApplication, env: Env): void {
  const express = app.getHttpAdapter().getInstance() as Express;
  express.disable('x-powered-by');
  // Profiles and error shapes go by the path as written.
  express.enable('case sensitive routing');
  // Hashing a picture in base64 for a validator that nobody may cache would cost more than sending it.
  express.disable('etag');
  trustProxies(express, env.TRUST_PROXY);
  app.use(
    observeRequests(app.get(DrainService)),
    normalisePath,
    warnOfUntrustedProxies(),
    securityHeaders(),
  );
  app.enableCors(corsOptions(env.CORS_ORIGINS));
  app.useGlobalFilters(errorFilter(app));
  startMetrics();
}

/** Each surface answers in its own shape, also where no controller was reached. */
function errorFilter(app: INestApplication): ErrorFilterByPrefix {
  const routes = app.get(RouteTable, { strict: false });
  const openAi = {
    prefixes: withAliases('v1').map((path) => `/${path}`),
    filter: app.get(OpenAiErrorFilter, { strict: false }),
  };
  const restImages = { prefixes: ['/api/v1'], filter: new RestErrorFilter(routes) };
  const openTasks = {
    prefixes: [OPEN_TASKS_PREFIX],
    filter: new OpenTasksErrorFilter(routes),
  };
  const mcp = { prefixes: [MCP_PATH], filter: new McpErrorFilter(routes) };
  const pages = { prefixes: PAGE_PREFIXES, filter: new PageErrorFilter(routes) };
  const envelope = { prefixes: [ENVELOPE_PREFIX], filter: new EnvelopeErrorFilter(routes) };
  const native = { prefixes: [NATIVE_PREFIX], filter: new NativeErrorFilter(routes) };
  const rules = [openAi, openTasks, restImages, envelope, native, mcp, pages];
  return new ErrorFilterByPrefix(rules, new ProblemFilter(routes));
}
