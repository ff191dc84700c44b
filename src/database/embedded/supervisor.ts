import { setTimeout as sleep } from 'node:timers/promises';
import { findRunning, isAlive, type Postmaster } from './postmaster.js';
import type { Layout } from './layout.js';

const WATCH_MS = 200;
const BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 15_000;
/** A server that lived this long starts with a clean slate when it dies. */
const STEADY_MS = 60_000;

interface Supervised {
  readonly layout: Layout;
  readonly log: (message: string) => void;
  /** Runs the work alone among all processes that share the data folder. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  readonly launch: (port: number) => Promise<Postmaster>;
}

/**
 * Watches the server and starts it again, on the same port, when it dies: at once the first time,
 * more slowly when it keeps dying. Several processes may watch one server; one of them starts it.
 */
export class Supervisor {
  private readonly stopping = new AbortController();
  private readonly watching: Promise<void>;
  private deaths = 0;
  private upSince = Date.now();

  constructor(
    private server: Postmaster,
    private readonly parts: Supervised,
  ) {
    this.watching = this.watch();
  }

  /** Ends the watch; the answer is the server as it is now, dead or alive. */
  async stop(): Promise<Postmaster> {
    this.stopping.abort();
    await this.watching;
    return this.server;
  }

  private async watch(): Promise<void> {
    while (await this.pause(WATCH_MS)) {
      if (await isAlive(this.server)) continue;
      this.parts.log(`PostgreSQL (process ${this.server.pid}) died; starting it again`);
      if (Date.now() - this.upSince > STEADY_MS) this.deaths = 0;
      await this.revive();
    }
  }

  /** Tries until the server is up or we are told to stop. */
  private async revive(): Promise<void> {
    for (;;) {
      const delay = this.deaths === 0 ? 0 : BACKOFF_MS * 2 ** (this.deaths - 1);
      this.deaths += 1;
      if (!(await this.pause(Math.min(delay, LONGEST_BACKOFF_MS)))) return;
      try {
        await this.parts.alone(() => this.startOrAdopt());
        this.upSince = Date.now();
        return;
      } catch (error) {
        this.parts.log(`PostgreSQL cannot be started: ${(error as Error).message}`);
      }
    }
  }

  private async startOrAdopt(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const { layout, log, launch } = this.parts;
    const { port } = this.server;
    const running = await findRunning(layout);
    if (running !== undefined && running.port !== port) {
      throw new Error(`it now runs on port ${running.port}, not ${port}; restart this process`);
    }
    this.server = running ?? (await launch(port));
    log(`PostgreSQL is back on port ${port} (process ${this.server.pid})`);
  }

  /** False when it is time to stop. */
  private async pause(ms: number): Promise<boolean> {
    const { signal } = this.stopping;
    await sleep(ms, undefined, { ref: false, signal }).catch(() => undefined);
    return !signal.aborted;
  }
}
