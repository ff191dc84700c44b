import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { ConnectionSettings } from '../database/index.js';
import { within } from '../observability/drain.service.js';
import { logger } from '../observability/logger.js';
import { Backoff } from './backoff.js';
import { joinExpositions } from './exposition.js';
import type { ToChild, ToPrimary } from './messages.js';
import type { Presence } from './serve.js';

/** Below this many connections a process cannot work well; above it, 100 is a server's usual limit. */
const LEAST_CONNECTIONS = 3;
const MOST_CONNECTIONS = 12;
const ALL_CONNECTIONS = 80;
/** A process that does not send its samples by then is left out of this scrape. */
const SCRAPE_MS = 1_000;
/** What processes that were told to stop may take beyond their grace time. */
const OVERTIME_MS = 1_000;

/** One place among the processes; its occupants come and go. */
interface Seat {
  readonly name: string;
  worker: Worker;
  servingSince: number | null;
  readonly backoff: Backoff;
}

interface Scrape {
  readonly texts: string[];
  readonly missing: Set<Worker>;
  readonly done: () => void;
}

/**
 * The processes of one start (`PROCESSES`): forked from the primary, sharing
 * its port, replaced when they die. They hold nothing that others need, so a
 * death costs what it had in flight and no more (design §8).
 */
export class Fleet {
  private readonly log = logger('fleet');
  private readonly seats: Seat[] = [];
  private readonly scrapes = new Map<number, Scrape>();
  private lastScrape = 0;
  private stopping = false;
  private probed = false;
  private began: { serving: (presence: Presence) => void; failed: (error: Error) => void } | null =
    null;
  private whenEmpty: () => void = () => undefined;

  constructor(
    private readonly size: number,
    private readonly connection: ConnectionSettings,
  ) {
    // Each process accepts for itself: connections that this one had dealt to a process that is
    // killed before it took them would hang for ever.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    const exec = fileURLToPath(new URL('./child.js', import.meta.url));
    cluster.setupPrimary({ exec, args: [] });
    cluster.on('message', (worker, message: ToPrimary) => this.hear(worker, message));
    cluster.on('exit', (worker, code, signal) => this.mourn(worker, signal ?? `code ${code}`));
  }

  /**
   * Resolves when every process serves.
   *
   * @throws Error in words for the operator when one of them cannot start
   */
  async start(): Promise<Presence> {
    const presence = await new Promise<Presence>((serving, failed) => {
      this.began = { serving, failed };
      for (let place = 1; place <= this.size; place += 1) {
        const worker = this.fork();
        this.seats.push({
          name: String(place),
          worker,
          servingSince: null,
          backoff: new Backoff(),
        });
      }
    });
    this.began = null;
    return presence;
  }

  /** Has every process drain and exit; what is left when the time is up is killed. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    const empty = new Promise<void>((resolve) => (this.whenEmpty = resolve));
    for (const worker of this.workers) tell(worker, { kind: 'stop' });
    if (this.workers.length === 0) return;
    if (await within(empty, graceMs + OVERTIME_MS)) return;
    this.log.warn('Processes outlived their grace time', { processes: this.workers.length });
    this.kill();
    await within(empty, OVERTIME_MS);
  }

  kill(): void {
    this.stopping = true;
    for (const worker of this.workers) worker.process.kill('SIGKILL');
  }

  private get workers(): Worker[] {
    return Object.values(cluster.workers ?? {}).filter(
      (worker) => worker && !worker.isDead(),
    ) as Worker[];
  }

  private fork(): Worker {
    const worker = cluster.fork();
    worker.on('error', (error) => this.log.error('A process cannot be reached', { err: error }));
    return worker;
  }

  private hear(worker: Worker, message: ToPrimary): void {
    switch (message.kind) {
      case 'here':
        return this.employ(worker);
      case 'serving':
        return this.noteServing(worker, message.presence);
      case 'failed':
        this.log.error(`A process could not start: ${message.reason}`);
        return this.began?.failed(new Error(message.reason));
      case 'probed':
        return this.noteProbe(worker);
      case 'sampled':
        return this.addSample(worker, message.id, message.text);
      case 'scrape':
        return void this.scrape().then((text) => {
          tell(worker, { kind: 'scraped', id: message.id, text });
        });
    }
  }

  private employ(worker: Worker): void {
    const seat = this.seats.find((one) => one.worker === worker);
    const share = Math.floor(ALL_CONNECTIONS / this.size) - 1;
    const poolSize = Math.min(MOST_CONNECTIONS, Math.max(LEAST_CONNECTIONS, share));
    const connection = { ...this.connection, poolSize };
    if (this.stopping || !seat) return tell(worker, { kind: 'stop' });
    tell(worker, { kind: 'serve', name: seat.name, connection });
  }

  private noteProbe(asked: Worker): void {
    this.probed = true;
    for (const other of this.workers) {
      if (other !== asked) tell(other, { kind: 'probed' });
    }
  }

  private noteServing(worker: Worker, presence: Presence): void {
    const seat = this.seats.find((one) => one.worker === worker);
    if (seat) seat.servingSince = performance.now();
    if (this.probed) tell(worker, { kind: 'probed' });
    if (this.seats.every(({ servingSince }) => servingSince !== null)) {
      this.began?.serving(presence);
    }
  }

  private mourn(worker: Worker, cause: string): void {
    for (const scrape of this.scrapes.values()) leave(scrape, worker);
    if (this.workers.length === 0) this.whenEmpty();
    const seat = this.seats.find((one) => one.worker === worker);
    if (!seat || this.stopping) return;
    const servedMs = seat.servingSince === null ? 0 : performance.now() - seat.servingSince;
    seat.servingSince = null;
    const delayMs = seat.backoff.afterDeath(servedMs);
    this.log.warn('A process died and is replaced', { process: seat.name, cause, delayMs });
    setTimeout(() => {
      if (!this.stopping) seat.worker = this.fork();
    }, delayMs);
  }

  /** Everybody's samples, as far as they come in time. */
  private async scrape(): Promise<string> {
    const id = (this.lastScrape += 1);
    const texts: string[] = [];
    const all = new Promise<void>((done) => {
      this.scrapes.set(id, { texts, missing: new Set(this.workers), done });
    });
    for (const worker of this.workers) tell(worker, { kind: 'sample', id });
    await within(all, SCRAPE_MS);
    this.scrapes.delete(id);
    return joinExpositions(texts);
  }

  private addSample(worker: Worker, id: number, text: string): void {
    const scrape = this.scrapes.get(id);
    if (!scrape) return;
    scrape.texts.push(text);
    leave(scrape, worker);
  }
}

function leave({ missing, done }: Scrape, worker: Worker): void {
  missing.delete(worker);
  if (missing.size === 0) done();
}

/** One that is on its way out hears nothing any more. */
function tell(worker: Worker, message: ToChild): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}
