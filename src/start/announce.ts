import { join, resolve } from 'node:path';
import type { Env } from '../config/index.js';
import { CREDENTIALS_FILE, describe, type FirstCredentials } from './first-start.js';
import type { Presence } from './serve.js';

export interface Announcement {
  readonly env: Env;
  readonly presence: Presence;
  readonly credentials: FirstCredentials;
  readonly embedded: boolean;
  /** `performance.now()` of the process's begin. */
  readonly startedAt: number;
  readonly say: (message: string) => void;
}

/** Says where everything is. Secrets are shown on a terminal only: a log is read by others. */
export function announce(announcement: Announcement): void {
  const { env, presence, credentials, startedAt, say } = announcement;
  say('');
  say(`Easel is listening on ${presence.origin}  (ready in ${seconds(startedAt)} s)`);
  say('');
  for (const [label, text] of factsOf(announcement)) say(`  ${label.padEnd(16)}${text}`);
  if (process.stdout.isTTY) describe(credentials).forEach((line) => say(`  ${line}`));
  say(`  Credentials     ${join(resolve(env.DATA_DIR), CREDENTIALS_FILE)}`);
  say('');
}

function factsOf({ env, presence, embedded }: Announcement): [label: string, text: string][] {
  const { origin, upstreams } = presence;
  const folder = resolve(env.DATA_DIR);
  const images = env.STORAGE_DRIVER === 's3' ? `bucket ${env.S3_BUCKET}` : join(folder, 'images');
  const surfaces: [string, string][] = [
    ['OpenAI base URL', `${origin}/v1`],
    ['API reference', `${origin}/docs`],
  ];
  return [
    ...(env.ROLE === 'worker' ? [] : surfaces),
    ['Health, metrics', `${origin}/health/ready  ${origin}/metrics`],
    ['Images', images],
    ['Database', embedded ? `embedded, below ${folder}` : 'DATABASE_URL'],
    ['Upstreams', upstreams],
    ['Processes', `${env.PROCESSES} of role ${env.ROLE}`],
  ];
}

function seconds(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
