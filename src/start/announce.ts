import { join, resolve } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { Env } from '../config/index.js';
import { UpstreamsService } from '../upstreams/index.js';
import { CREDENTIALS_FILE, describe, type FirstCredentials } from './first-start.js';

export interface Announcement {
  readonly app: INestApplication;
  readonly env: Env;
  readonly credentials: FirstCredentials;
  readonly embedded: boolean;
  /** `performance.now()` of the process's begin. */
  readonly startedAt: number;
  readonly say: (message: string) => void;
}

/** Says where everything is. Secrets are shown on a terminal only: a log is read by others. */
export function announce(announcement: Announcement): void {
  const { app, env, credentials, embedded, startedAt, say } = announcement;
  const origin = env.PUBLIC_URL ?? originOf(app.getHttpServer() as Server, env.HOST);
  const folder = resolve(env.DATA_DIR);
  const generated = describe(credentials);
  say('');
  say(`Easel is listening on ${origin}  (ready in ${seconds(startedAt)} s)`);
  say('');
  say(`  OpenAI base URL ${origin}/v1`);
  say(`  API reference   ${origin}/docs`);
  say(`  Health, metrics ${origin}/health/ready  ${origin}/metrics`);
  say(
    `  Images          ${env.STORAGE_DRIVER === 's3' ? `bucket ${env.S3_BUCKET}` : join(folder, 'images')}`,
  );
  say(`  Database        ${embedded ? `embedded, below ${folder}` : 'DATABASE_URL'}`);
  say(`  Upstreams       ${describeUpstreams(app.get(UpstreamsService, { strict: false }))}`);
  if (process.stdout.isTTY) generated.forEach((line) => say(`  ${line}`));
  say(`  Credentials     ${join(folder, CREDENTIALS_FILE)}`);
  say('');
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

function seconds(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
