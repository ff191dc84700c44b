import type { Env } from '../config/index.js';
import { type DrainService, within } from '../observability/drain.service.js';
import { flushLogs, logger } from '../observability/logger.js';

const log = logger('shutdown');

/** Ctrl-C reaches every process of the terminal and is passed on by a parent besides: one wish. */
const SAME_WISH_MS = 500;
/** Kept back from the grace time for closing pools and files, at most. */
const CLOSING_MS = 2_000;
const MIN_CLOSING_MS = 500;

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** What has to come to an orderly end before the process may exit. */
export interface Stoppable {
  readonly drain: DrainService;
  /** Ends connections that outlived the grace time. */
  readonly cut: () => void;
  /** Closes everything, after the work has ended. */
  readonly close: () => Promise<void>;
}

/**
 * Ends the process on SIGTERM or SIGINT: drain, close, exit, at the latest when
 * `SHUTDOWN_GRACE_SECONDS` are over. A second signal ends it at once.
 *
 * @returns the same wish for other causes than a signal; it counts once
 */
export function stopOnSignals(env: Env, target: Stoppable): (reason: string) => void {
  let asked = false;
  const ask = (reason: string): void => {
    if (asked) return;
    asked = true;
    void stop(env, target, reason);
  };
  onStopSignals(ask, (signal) => {
    log.warn('Second signal: leaving at once', { signal });
    exit(1);
  });
  return ask;
}

/** @param again a second wish, told from a first one that came twice by the time between them */
export function onStopSignals(
  first: (signal: string) => void,
  again: (signal: string) => void,
): void {
  let askedAt: number | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (askedAt === null) {
      askedAt = performance.now();
      first(signal);
    } else if (performance.now() - askedAt > SAME_WISH_MS) {
      again(signal);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

/** Ends the process, with its log written out. */
export function exit(code: number): never {
  flushLogs();
  process.exit(code);
}

async function stop(env: Env, { drain, cut, close }: Stoppable, reason: string): Promise<void> {
  const graceMs = env.SHUTDOWN_GRACE_SECONDS * 1000;
  const deadline = performance.now() + graceMs;
  log.info('Draining', { reason, graceSeconds: env.SHUTDOWN_GRACE_SECONDS });
  const finished = await drain.drain(graceMs - Math.min(CLOSING_MS, graceMs / 2));
  if (!finished) cut();
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
