import { types } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import { toErrorRecord } from './error-record.js';
import { currentRequestId } from './request-context.js';
import { scrub } from './scrub.js';

/**
 * Fields of a record: ids, counts, names from our own lists, and under `err`
 * whatever was thrown. Nested values are not written at all, so a header map,
 * a body or a row passed by mistake leaves nothing in the log.
 */
export type LogFields = Readonly<Record<string, unknown>>;

export interface ScopedLogger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Silent until `configureLogs`, so that unit tests print nothing. */
let root: Logger = pino({ level: 'silent' });
let stdout: { flushSync(): void } | null = null;

/**
 * Starts the log of this process: one JSON object per line on standard output,
 * written behind the event loop's back and flushed at exit.
 *
 * @param level a pino level or `silent`
 * @param destination where tests collect lines instead
 */
export function configureLogs(level: string, destination?: DestinationStream): void {
  if (!destination && !stdout) stdout = pino.destination({ sync: false });
  const target = destination ?? (stdout as DestinationStream | null);
  if (!target) return;
  root = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => {
        const requestId = currentRequestId();
        return requestId === null ? {} : { requestId };
      },
    },
    target,
  );
}

/** Writes out what is buffered; for the moments just before the process is made to exit. */
export function flushLogs(): void {
  try {
    stdout?.flushSync();
  } catch {
    // The descriptor is not open yet or already gone: there is nobody left to tell.
  }
}

/** A log for one part of the program. Cheap; make one per file. */
export function logger(scope: string): ScopedLogger {
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => {
    return (message: string, fields: LogFields = {}): void => {
      if (root.isLevelEnabled(level)) root[level]({ scope, ...plain(fields) }, scrub(message));
    };
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** Nest's own messages in the same format. */
export class NestLogger implements LoggerService {
  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  /** Nest passes a stack as the second argument and the context as the last. */
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  private write(level: keyof ScopedLogger, message: unknown, rest: unknown[]): void {
    const context = rest.at(-1);
    const scope = typeof context === 'string' && context.length <= 64 ? context : 'nest';
    if (types.isNativeError(message)) logger(scope)[level](message.name, { err: message });
    else logger(scope)[level](typeof message === 'string' ? message : '(object)');
  }
}

function plain(fields: LogFields): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    clean[name] = name === 'err' ? toErrorRecord(value) : plainValue(value);
  }
  return clean;
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'string') return scrub(value);
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.slice(0, 32).map(elementOf);
  if (types.isNativeError(value)) return toErrorRecord(value);
  return typeof value === 'object' && value !== null ? '(object)' : value;
}

function elementOf(value: unknown): unknown {
  if (typeof value === 'string') return scrub(value);
  return typeof value === 'number' || typeof value === 'boolean' ? value : '(object)';
}
