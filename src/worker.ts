import type { Server } from 'node:http';
import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Express, NextFunction, Request, Response } from 'express';
import { AdminAuthenticator, MetricsController } from './admin/index.js';
import type { AppSettings } from './app.module.js';
import { DomainError, STATUS_OF_CODE } from './common/domain-error.js';
import { ConfigModule, Env } from './config/index.js';
import { DatabaseModule } from './database/index.js';
import { HealthController, HealthModule } from './health/index.js';
import { createHttpAdapter } from './http-server/http-adapter.js';
import { observeRequests } from './http-server/observe-requests.js';
import { securityHeaders } from './http-server/security-headers.js';
import { trustProxies } from './http-server/trust-proxy.js';
import { DrainService } from './observability/drain.service.js';
import { logger, NestLogger } from './observability/logger.js';
import { startMetrics } from './observability/metrics.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { RelayModule } from './relay/index.js';
import type { Serving } from './start/serve.js';

const log = logger('worker');

/** The core without a surface, and what a probe asks. */
@Module({})
class WorkerModule {
  static forRoot({ env, secrets, connection }: AppSettings): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        ConfigModule.forRoot(env, secrets),
        ObservabilityModule,
        DatabaseModule.forRoot(connection),
        RelayModule,
        HealthModule,
      ],
      controllers: [MetricsController],
      providers: [AdminAuthenticator],
    };
  }
}

/**
 * A process that takes up pending and abandoned generations and nothing else
 * (`ROLE=worker`). It has no HTTP application; a listener of three routes lets
 * it be probed and scraped like any other process.
 */
export async function startWorker(settings: AppSettings): Promise<Serving> {
  const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(settings), {
    abortOnError: false,
    logger: new NestLogger(),
  });
  startMetrics();
  const server = probes(app, settings.env);
  await listen(server, settings.env);
  return { app, server, close: () => close(app, server) };
}

function probes(app: INestApplicationContext, env: Env): Server {
  const adapter = createHttpAdapter();
  adapter.initHttpServer({});
  const express = adapter.getInstance<Express>();
  const health = app.get(HealthController, { strict: false });
  const metrics = app.get(MetricsController);
  express.disable('x-powered-by');
  express.disable('etag');
  trustProxies(express, env.TRUST_PROXY);
  express.use(observeRequests(app.get(DrainService)), securityHeaders());
  express.get('/health/live', (_request, response) => void response.json(health.live()));
  express.get('/health/ready', async (_request, response) => {
    response.json(await health.ready(response));
  });
  express.get('/metrics', (request, response) => metrics.metrics(request, response));
  express.use(notFound, problem);
  return adapter.getHttpServer();
}

function notFound(): never {
  throw new DomainError('not_found', 'A worker answers /health/live, /health/ready and /metrics.');
}

/** RFC 9457, as everywhere outside the surfaces. */
function problem(error: unknown, _request: Request, response: Response, _next: NextFunction): void {
  const known = error instanceof DomainError ? error : null;
  if (!known) log.error('A probe failed on a bug', { err: error });
  const code = known?.code ?? 'internal_error';
  const status = STATUS_OF_CODE[code];
  const body = { type: `urn:easel:problem:${code}`, status, code, detail: known?.message };
  response.status(status).type('application/problem+json').send(JSON.stringify(body));
}

function listen(server: Server, { PORT, HOST }: Env): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(PORT, HOST, () => resolve());
  });
}

async function close(app: INestApplicationContext, server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  await app.close();
  await closed;
}
