import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import type { Env } from '../config/index.js';
import { DrainService, within } from '../observability/drain.service.js';
import { flushLogs, logger } from '../observability/logger.js';

const log = logger('shutdown');

/** Ctrl-C reaches every process of the terminal and is passed on by a parent besides: one wish. */
const SAME_WISH_MS = 500;
/** Kept back from the grace time for closing pools and files, at most. */
const CLOSING_MS = 2_000;
const MIN_CLOSING_MS = 500;

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Ends the process on SIGTERM or SIGINT: drain, close, exit, at the latest when
 * `SHUTDOWN_GRACE_SECONDS` are over. A second signal ends it at once.
 *
 * @param close what to close after the work has ended; by default the application
 */
export function stopOnSignals(
  app: INestApplication,
  env: Env,
  close: () => Promise<void> = () => app.close(),
): void {
  let askedAt: number | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (askedAt === null) {
      askedAt = performance.now();
      void stop(app, env, close, signal);
    } else if (performance.now() - askedAt > SAME_WISH_MS) {
      log.warn('Second signal: leaving at once', { signal });
      exit(1);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

async function stop(
  app: INestApplication,
  env: Env,
  close: () => Promise<void>,
  signal: NodeJS.Signals,
): Promise<void> {
  const graceMs = env.SHUTDOWN_GRACE_SECONDS * 1000;
  const deadline = performance.now() + graceMs;
  log.info('Draining', { signal, graceSeconds: env.SHUTDOWN_GRACE_SECONDS });
  const finished = await app.get(DrainService).drain(graceMs - Math.min(CLOSING_MS, graceMs / 2));
  if (!finished) (app.getHttpServer() as Server).closeAllConnections();
  const closed = await closesWithin(close, Math.max(MIN_CLOSING_MS, deadline - performance.now()));
  log.info('Stopped', { finished, closed });
  exit(closed ? 0 : 1);
}

async function closesWithin(close: () => Promise<void>, ms: number): Promise<boolean> {
  try {
    return await within(close(), ms);
  } catch (error) {
    log.error('Closing failed', { err: error });
    return false;
  }
}

function exit(code: number): void {
  flushLogs();
  process.exit(code);
}
