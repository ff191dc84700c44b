import 'reflect-metadata';
import type { AppSettings } from './app.module.js';
import { type Env, EnvSecrets, loadEnv } from './config/index.js';
import { exit, onStopSignals, stopOnSignals } from './http-server/shutdown.js';
import { DrainService } from './observability/drain.service.js';
import { configureLogs, flushLogs, logger } from './observability/logger.js';
import { announce } from './start/announce.js';
import { type Connected, connect } from './start/connect.js';
import { Fleet } from './start/fleet.js';
import { checkPort } from './start/port.js';
import { type Presence, presenceOf, serve } from './start/serve.js';
import { setUp } from './start/set-up.js';

const startedAt = performance.now();
const log = logger('start');

/** For people at a terminal or reading a service's journal; the log proper is JSON. */
function say(message: string): void {
  process.stdout.write(`${message}\n`);
}

async function main(): Promise<void> {
  const env = loadEnv(process.env);
  configureLogs(env.LOG_LEVEL);
  await checkPort(env.HOST, env.PORT);
  const connected = await connect(env, say);
  try {
    await start(env, connected);
  } catch (error) {
    // A start that comes to nothing leaves no server behind.
    await connected.embedded?.stop();
    throw error;
  }
}

async function start(env: Env, connected: Connected): Promise<void> {
  const { settings: connection, embedded } = connected;
  const settings = { env, secrets: new EnvSecrets(process.env), connection };
  const credentials = await setUp(settings);
  const presence = await (env.PROCESSES > 1 ? lead : work)(settings, connected);
  announce({ env, presence, credentials, embedded: embedded !== null, startedAt, say });
}

/** Everything in this process. */
async function work(settings: AppSettings, { embedded }: Connected): Promise<Presence> {
  const { env } = settings;
  const serving = await serve(settings);
  stopOnSignals(env, {
    drain: serving.app.get(DrainService),
    cut: () => serving.server.closeAllConnections(),
    close: async () => {
      await serving.close();
      await embedded?.stop();
    },
  });
  return presenceOf(serving, env);
}

/** Everything in processes of their own; this one keeps them, and the database, alive. */
async function lead({ env, connection }: AppSettings, { embedded }: Connected): Promise<Presence> {
  const fleet = new Fleet(env.PROCESSES, connection);
  const first = async (reason: string) => {
    log.info('Draining every process', { reason, graceSeconds: env.SHUTDOWN_GRACE_SECONDS });
    await fleet.stop(env.SHUTDOWN_GRACE_SECONDS * 1000);
    await embedded?.stop();
    exit(0);
  };
  onStopSignals(
    (signal) => void first(signal),
    () => {
      fleet.kill();
      exit(1);
    },
  );
  try {
    return await fleet.start();
  } catch (error) {
    fleet.kill();
    throw error;
  }
}

main().catch((error: unknown) => {
  flushLogs();
  process.stderr.write(`\nEasel did not start: ${(error as Error).message}\n`);
  process.exit(1);
});
