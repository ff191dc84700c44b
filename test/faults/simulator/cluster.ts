import type { Choice, Scheduler } from './scheduler.js';
import { Incarnation, type Outside } from './incarnation.js';
import type { Random } from './random.js';

/** Wall clocks are off by several leases, and by less than ids and partitions forgive. */
const SKEW_MS = 60_000;

/** The processes: who runs, who is stopped and may come back, who takes a dead one's place. */
export class Cluster {
  private readonly slots: (Incarnation | null)[];
  private readonly ready = new Set<Incarnation>();
  private readonly zombies: Incarnation[] = [];
  private births = 0;

  constructor(
    private readonly random: Random,
    private readonly scheduler: Scheduler,
    private readonly outside: () => Outside,
  ) {
    this.slots = Array.from({ length: random.pick([2, 2, 3]) }, () => null);
  }

  /** Every process that is not dead, stopped ones included. */
  get living(): Incarnation[] {
    const known = new Set([...this.slots, ...this.ready, ...this.zombies]);
    return [...known].filter((process) => process !== null && process.alive) as Incarnation[];
  }

  /** Those that serve. */
  get workers(): Incarnation[] {
    return [...this.ready].filter(({ alive, frozen }) => alive && !frozen);
  }

  anyWorker(): Incarnation {
    return this.random.pick(this.workers);
  }

  events(): Choice[] {
    const { freeze } = this.scheduler.weather;
    const events: Choice[] = [];
    const open = this.slots.findIndex((slot) => !slot?.alive);
    if (open >= 0) events.push({ weight: 0.5, run: () => this.boot(open) });
    if (this.zombies.length > 0) events.push({ weight: freeze * 2 + 0.01, run: () => this.thaw() });
    if (this.workers.length === 0) return events;
    return [
      ...events,
      { weight: 0.04, run: () => this.kill() },
      { weight: 0.01, run: () => this.terminate() },
      { weight: freeze, run: () => this.freeze() },
    ];
  }

  /** A fresh process, where one is missing. */
  async refresh(): Promise<void> {
    const open = this.slots.findIndex((slot) => !slot?.alive);
    if (open >= 0) await this.boot(open);
  }

  /** Stopped processes come back as if nothing had happened; each with this probability. */
  async thawSome(probability: number): Promise<void> {
    while (this.zombies.length > 0 && this.random.chance(probability)) await this.thaw();
  }

  async end(): Promise<void> {
    for (const process of this.living) this.scheduler.crash(process, 'the run is over');
    await this.scheduler.tidy();
  }

  private async boot(slot: number): Promise<void> {
    const skewMs = this.random.pick([0, SKEW_MS, -SKEW_MS]);
    const process = new Incarnation(this.outside(), `p${slot}.${this.births++}`, skewMs);
    this.slots[slot] = process;
    this.scheduler.note(`${process.name} starts`);
    await this.scheduler.as(process, () => {
      process.start().then(
        () => {
          this.scheduler.trace.name(process.workerId, process.name);
          this.ready.add(process);
        },
        () => this.scheduler.crash(process, 'cannot start'),
      );
    });
  }

  private async kill(): Promise<void> {
    this.scheduler.kill(this.anyWorker());
  }

  /** SIGTERM: it finishes what it can and goes. */
  private async terminate(): Promise<void> {
    const process = this.anyWorker();
    this.ready.delete(process);
    this.scheduler.note(`${process.name} is asked to stop`);
    await this.scheduler.as(process, () => {
      void process.stop().then(() => this.scheduler.crash(process, 'stopped'));
    });
  }

  /** SIGSTOP, and its place is given to another. */
  private async freeze(): Promise<void> {
    const process = this.anyWorker();
    process.frozen = true;
    this.zombies.push(process);
    this.slots[this.slots.indexOf(process)] = null;
    this.scheduler.note(`${process.name} freezes`);
  }

  private async thaw(): Promise<void> {
    const [process] = this.zombies.splice(this.random.below(this.zombies.length), 1);
    process.frozen = false;
    if (process.alive) this.scheduler.note(`${process.name} goes on`);
  }
}
