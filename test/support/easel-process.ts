import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardedFolder } from './guarded-folder.js';

export interface EaselOptions {
  readonly env: Record<string, string>;
  /** What to run; by default the built program. */
  readonly program?: string;
  readonly account?: { readonly uid: number; readonly gid: number };
}

/** The built program as a process of its own, driven from outside as an operator would. */
export class EaselProcess {
  readonly output: string[] = [];
  private readonly child: ChildProcess;
  private readonly exited: Promise<number | null>;
  private readonly waiting: (() => void)[] = [];
  private ended = false;

  constructor(folder: GuardedFolder, { env, program, account }: EaselOptions) {
    this.child = spawn(process.execPath, [program ?? join('dist', 'src', 'main.js')], {
      ...account,
      env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', SHUTDOWN_GRACE_SECONDS: '5', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    folder.ward(this.child.pid!);
    for (const input of [this.child.stdout!, this.child.stderr!]) {
      createInterface({ input }).on('line', (line) => this.hear(line));
    }
    this.exited = once(this.child, 'close').then(([code]) => {
      this.ended = true;
      this.wake();
      return code as number | null;
    });
  }

  /** The origin it says it listens on. */
  async listening(): Promise<string> {
    return (await this.said(/Easel is listening on (http:\/\/\S+)/))[1];
  }

  /** Waits until it has said so, from line `from` of its output on. */
  async said(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output.slice(from).join('\n'));
      if (match !== null) return match;
      if (this.ended) throw new Error(`it ended after saying:\n${this.output.join('\n')}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** To this process alone, as `kill` does. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  get exitCode(): Promise<number | null> {
    return this.exited;
  }

  /** The exit code of a stop by SIGTERM. */
  stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.exited;
  }

  kill(): Promise<number | null> {
    this.child.kill('SIGKILL');
    return this.exited;
  }

  private hear(line: string): void {
    this.output.push(line);
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/**
 * A port nobody listens on. Below those the system gives to connections going out: one of these
 * could take it before the program that is started with it is up.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 32_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** Asks for readiness until the status is the wanted one; the answer is how long that took, in ms. */
export async function readyIs(origin: string, status: number, withinMs: number): Promise<number> {
  const begun = Date.now();
  let last: number | string = 'nothing';
  while (Date.now() - begun < withinMs) {
    last = await fetch(`${origin}/health/ready`).then(
      (response) => response.status,
      (error: Error) => error.message,
    );
    if (last === status) return Date.now() - begun;
    await sleep(25);
  }
  throw new Error(`readiness is ${last}, not ${status}, after ${withinMs} ms`);
}
