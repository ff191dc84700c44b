import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule, type AppSettings } from '../app.module.js';
import type { Env } from '../config/index.js';
import { APP_OPTIONS, configureApp, createHttpAdapter } from '../configure-app.js';
import { setUpDocs } from '../openapi/index.js';
import { UpstreamsService } from '../upstreams/index.js';
import { startWorker } from '../worker.js';

/** One process's part of the work, under way. */
export interface Serving {
  readonly app: INestApplicationContext;
  readonly server: Server;
  /** Closes everything; the work should have ended. */
  readonly close: () => Promise<void>;
}

/**
 * Starts what this process is for: all of it, the API without other people's
 * work (`ROLE=api`, decided where work is claimed), or the work alone.
 */
export function serve(settings: AppSettings): Promise<Serving> {
  return settings.env.ROLE === 'worker' ? startWorker(settings) : startApi(settings);
}

/** What an operator wants to know of a process that serves. */
export interface Presence {
  readonly origin: string;
  readonly upstreams: string;
}

export function presenceOf({ app, server }: Serving, env: Env): Presence {
  return {
    origin: env.PUBLIC_URL ?? originOf(server, env.HOST),
    upstreams: describeUpstreams(app.get(UpstreamsService, { strict: false })),
  };
}

async function startApi(settings: AppSettings): Promise<Serving> {
  const { env } = settings;
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot(settings),
    createHttpAdapter(),
    APP_OPTIONS,
  );
  configureApp(app, env);
  setUpDocs(app);
  await app.listen(env.PORT, env.HOST);
  return { app, server: app.getHttpServer(), close: () => app.close() };
}

function describeUpstreams(upstreams: UpstreamsService): string {
  const parts = upstreams.list().map(({ name, disabledReason }) => {
    return disabledReason ? `${name} (off: ${disabledReason})` : name;
  });
  const demo = upstreams.isDemo ? '; demo pictures for every other model' : '';
  return `${parts.join(', ')}${demo}`;
}

function originOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
