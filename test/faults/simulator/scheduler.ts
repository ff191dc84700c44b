import type { Choice, PortCall, Process, Waiting } from './calls.js';
import { clock, settled, type VirtualTimer } from './clock.js';
import { CALM, drawFault, type Fault, type Weather } from './faults.js';
import type { Random } from './random.js';
import type { Trace } from './trace.js';

export type { Choice, PortCall, Process } from './calls.js';

const GHOST_LIFE_MS = 5_000;
/** How often what waits for the database is sent together, for the price of one way. */
const TOGETHER = 0.8;

/**
 * Lets one thing happen at a time: a waiting port call, an answer on its way,
 * a timer, a signal. Which one, the seed says. Everything between two ports of
 * a process runs to its end before the next choice, so a run is repeated exactly.
 */
export class Scheduler {
  weather: Weather = CALM;
  readonly sites = new Map<string, number>();
  crashes = 0;
  faults = 0;
  private readonly waiting: Waiting[] = [];
  private readonly answers: { owner: Process; deliver: () => void; text: string }[] = [];
  private readonly signals: { owner: Process; run: () => void; text: string }[] = [];

  constructor(
    private readonly random: Random,
    readonly trace: Trace,
    /** Runs between steps, with nothing in flight: what the database does by itself. */
    private readonly upkeep: () => Promise<boolean>,
  ) {}

  port<T>(call: PortCall<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiting: Waiting = {
        call,
        since: clock.nowMs,
        resolve: resolve as Waiting['resolve'],
        reject,
        blocked: false,
        ghost: false,
      };
      if (!call.owner.alive) return;
      this.waiting.push(waiting);
      this.listen(waiting);
    });
  }

  /** Reaches `owner` later, or never. */
  signal(owner: Process, text: string, run: () => void): void {
    if (this.random.chance(this.weather.lostSignal)) return;
    if (this.signals.some((known) => known.owner === owner && known.text === text)) return;
    this.signals.push({ owner, run, text });
  }

  /** Runs code of a process until it waits for ports and timers only. */
  async as(owner: Process, run: () => void): Promise<void> {
    clock.owner = owner;
    try {
      run();
      await settled();
    } finally {
      clock.owner = null;
    }
  }

  note(line: string): void {
    this.trace.add(clock.nowMs, line);
  }

  /** What could happen now without time passing. */
  choices(): Choice[] {
    const runs = (owner: Process) => owner.alive && !owner.frozen;
    return [
      ...this.waiting
        .filter(({ blocked, ghost, call }) => !blocked && (ghost || call.owner.alive))
        .map((waiting) => ({
          weight: waiting.ghost ? 0.5 : 1,
          run: () => this.step(() => this.perform(waiting)),
        })),
      ...this.answers
        .filter(({ owner }) => runs(owner))
        .map((answer) => ({ weight: 0.5, run: () => this.step(() => this.deliver(answer)) })),
      ...this.signals
        .filter(({ owner }) => runs(owner))
        .map((signal) => ({ weight: 1, run: () => this.step(() => this.hear(signal)) })),
      ...clock.due().map((timer) => ({ weight: 1, run: () => this.step(() => this.fire(timer)) })),
    ];
  }

  /** The process is gone: its timers and answers with it; what it had sent may still arrive. */
  crash(owner: Process, why: string): void {
    if (!owner.alive) return;
    owner.alive = false;
    this.note(`${owner.name} dies (${why})`);
    clock.forget(owner);
    remove(this.answers, (answer) => answer.owner === owner);
    remove(this.signals, (signal) => signal.owner === owner);
    for (const waiting of this.waiting.filter(({ call }) => call.owner === owner)) {
      const isSent = waiting.call.kind !== 'transaction' && this.weather.late > 0;
      if (waiting.ghost) continue;
      if (isSent && this.random.chance(0.5)) waiting.ghost = true;
      else remove(this.waiting, (other) => other === waiting);
    }
    owner.onDeath();
  }

  /** SIGKILL: between two calls, or while some are on their way. */
  kill(owner: Process): void {
    this.crashes += 1;
    this.visit('killed: crash at any moment');
    this.crash(owner, 'killed');
  }

  /** Time passes; patience and the database's own limits run out. */
  async advance(ms: number): Promise<void> {
    clock.nowMs += ms;
    this.note(`${ms} ms pass`);
    await this.tidy();
    for (const waiting of [...this.waiting]) await this.age(waiting);
    await this.tidy();
  }

  /** What the database does by itself: locks that are let go wake those who wait for them. */
  async tidy(): Promise<void> {
    if (!(await this.upkeep())) return;
    for (const waiting of this.waiting) waiting.blocked = false;
  }

  /** Nothing is waiting for anything but time. */
  get isIdle(): boolean {
    return this.choices().length === 0 && !this.waiting.some(({ call }) => call.owner.alive);
  }

  private async step(run: () => Promise<void>): Promise<void> {
    await run();
    await this.tidy();
  }

  private async age(waiting: Waiting): Promise<void> {
    const { call, ghost, since } = waiting;
    const waited = clock.nowMs - since;
    if (ghost) {
      if (waited <= GHOST_LIFE_MS) return;
      if (this.random.chance(0.5) && !waiting.blocked) await this.perform(waiting);
      remove(this.waiting, (other) => other === waiting);
    } else if (call.patienceMs !== undefined && waited > call.patienceMs && !call.owner.frozen) {
      waiting.ghost = true;
      this.note(`${call.owner.name} ${call.site} ${call.subject}: no answer in time`);
      await this.as(call.owner, () => waiting.reject(call.outage?.(false)));
    }
  }

  private listen(waiting: Waiting): void {
    const { abort } = waiting.call;
    if (!abort) return;
    const stop = () => {
      remove(this.waiting, (other) => other === waiting);
      waiting.reject(abort.error());
    };
    if (abort.signal.aborted) return stop();
    abort.signal.addEventListener('abort', stop, { once: true });
    waiting.forget = () => abort.signal.removeEventListener('abort', stop);
  }

  /** It, and those that reach the server at about the same time: in one order there, each hears its own. */
  private async perform(chosen: Waiting): Promise<void> {
    const sent = this.withCompany(chosen).map((waiting) => this.send(waiting));
    for (const take of sent) await take?.();
  }

  private withCompany(chosen: Waiting): Waiting[] {
    const isQuery = ({ call, blocked, ghost }: Waiting) =>
      call.kind === 'database' && call.owner.alive && !blocked && !ghost;
    if (!isQuery(chosen) || !this.random.chance(TOGETHER)) return [chosen];
    const others = this.waiting.filter((waiting) => waiting !== chosen && isQuery(waiting));
    return [chosen, ...this.random.shuffled(others)];
  }

  /** Its effect is on its way, unless a fault prevents it; the rest follows when its turn has come. */
  private send(waiting: Waiting): (() => Promise<void>) | undefined {
    const { call } = waiting;
    if (!waiting.ghost && !call.owner.alive) return undefined;
    const fault = waiting.ghost ? null : this.drawFault(call);
    this.count(call, fault);
    const what = `${call.owner.name} ${call.kind} ${call.site} ${call.subject}`;
    this.note(`${what}${waiting.ghost ? ' (late)' : ''}${fault ? ` -> ${fault}` : ''}`);
    remove(this.waiting, (other) => other === waiting);
    if (fault === 'crash-before') return void this.crash(call.owner, `before ${call.site}`);
    if (fault === 'outage' || fault === 'late') return () => this.refuse(waiting, fault);
    const answer = this.effect(waiting);
    return async () => this.take(waiting, await answer, fault);
  }

  /** The answer comes now, later, as an error, or never; null while it waits for a lock. */
  private async take(
    waiting: Waiting,
    answer: (() => void) | null,
    fault: Fault | null,
  ): Promise<void> {
    const { call, ghost } = waiting;
    waiting.blocked = answer === null;
    if (!answer) {
      this.note(`${call.owner.name} ${call.site} waits for a lock`);
      if (ghost || call.owner.alive) this.waiting.push(waiting);
      return;
    }
    waiting.forget?.();
    if (ghost || !call.owner.alive) return;
    if (fault === 'crash-after') return this.crash(call.owner, `after ${call.site}`);
    await this.hand(
      call,
      fault === 'unknown' ? () => waiting.reject(call.outage?.(false)) : answer,
    );
  }

  private async hand(
    { owner, site, subject }: PortCall<unknown>,
    deliver: () => void,
  ): Promise<void> {
    const isSlow = owner.frozen || this.random.chance(this.weather.slowAnswer);
    if (isSlow) this.answers.push({ owner, deliver, text: `${site} ${subject}` });
    else await this.as(owner, deliver);
  }

  /** Null: it waits for a lock and had none. */
  private async effect({ call, resolve, reject }: Waiting): Promise<(() => void) | null> {
    try {
      const value = await call.effect();
      return () => resolve(value);
    } catch (error) {
      return call.isBlockedBy?.(error) ? null : () => reject(error);
    }
  }

  private async refuse(waiting: Waiting, fault: 'outage' | 'late'): Promise<void> {
    const { owner, outage } = waiting.call;
    waiting.ghost = fault === 'late';
    if (waiting.ghost) this.waiting.push(waiting);
    if (!owner.alive) return;
    const isPlain = fault === 'outage' && this.random.chance(0.5);
    const deliver = () => waiting.reject(outage?.(isPlain));
    if (owner.frozen) this.answers.push({ owner, deliver, text: 'outage' });
    else await this.as(owner, deliver);
  }

  private async deliver(answer: (typeof this.answers)[number]): Promise<void> {
    remove(this.answers, (other) => other === answer);
    this.note(`${answer.owner.name} hears ${answer.text}`);
    await this.as(answer.owner, answer.deliver);
  }

  private async hear(signal: (typeof this.signals)[number]): Promise<void> {
    remove(this.signals, (other) => other === signal);
    this.note(`${signal.owner.name} is told '${signal.text}'`);
    await this.as(signal.owner, signal.run);
  }

  private async fire(timer: VirtualTimer): Promise<void> {
    this.note(`${timer.owner.name} timer`);
    await this.as(timer.owner as Process, () => clock.fire(timer));
  }

  private drawFault({ kind, owner, site }: PortCall<unknown>): Fault | null {
    const { crash } = this.weather;
    const weather = owner.isBooting ? { ...this.weather, crash: crash / 10 } : this.weather;
    return drawFault(this.random, weather, kind, site);
  }

  private count({ kind, site }: PortCall<unknown>, fault: Fault | null): void {
    if (!fault) return;
    if (fault.startsWith('crash')) this.crashes += 1;
    else this.faults += 1;
    this.visit(`${kind} ${site}: ${fault}`);
  }

  private visit(site: string): void {
    this.sites.set(site, (this.sites.get(site) ?? 0) + 1);
  }
}

function remove<T>(list: T[], isIt: (item: T) => boolean): void {
  for (let i = list.length - 1; i >= 0; i--) if (isIt(list[i])) list.splice(i, 1);
}
