import { clock, type Owner, settled, type VirtualTimer } from './clock.js';
import { CALM, drawFault, type Fault, type PortKind, type Weather } from './faults.js';
import type { Random } from './random.js';
import type { Trace } from './trace.js';

/** A process of the simulated cluster: it dies once, and a new one takes its place. */
export interface Process extends Owner {
  alive: boolean;
  frozen: boolean;
  /** Called when it dies, outside of any owner's code. */
  onDeath(): void;
  /** Until it serves, it dies less often: most of what a boot does is the same every time. */
  readonly isBooting: boolean;
}

/** One call through a port; its effect is real, or a model's. */
export interface PortCall<T> {
  readonly owner: Process;
  readonly kind: PortKind;
  /** What is called, e.g. `relay_settle`. */
  readonly site: string;
  /** Whom it concerns, in the trace's names. */
  readonly subject: string;
  readonly effect: () => Promise<T>;
  /** The error instead of an answer; whether the caller can tell that the call had no effect. */
  readonly outage?: (isPlain: boolean) => unknown;
  /** The caller's own patience, ms; afterwards it gets the outage error while the call goes on. */
  readonly patienceMs?: number;
  /** Rejects the call at once with what it returns when aborted. */
  readonly abort?: { readonly signal: AbortSignal; readonly error: () => unknown };
  /** Something else must let a lock go first: it had no effect and is not chosen until then. */
  isBlockedBy?(error: unknown): boolean;
}

interface Waiting {
  readonly call: PortCall<unknown>;
  readonly since: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  blocked: boolean;
  /** Nobody waits for it any more, but it is on its way. */
  ghost: boolean;
  forget?: () => void;
}

/** Something that may happen next. */
export interface Choice {
  readonly weight: number;
  readonly run: () => Promise<void>;
}

const GHOST_LIFE_MS = 5_000;

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

  private async perform(waiting: Waiting): Promise<void> {
    const { call } = waiting;
    const fault = waiting.ghost ? null : this.drawFault(call);
    this.count(call, fault);
    const what = `${call.owner.name} ${call.kind} ${call.site} ${call.subject}`;
    this.note(`${what}${waiting.ghost ? ' (late)' : ''}${fault ? ` -> ${fault}` : ''}`);
    if (fault === 'crash-before') {
      remove(this.waiting, (other) => other === waiting);
      return this.crash(call.owner, `before ${call.site}`);
    }
    if (fault === 'outage') return this.refuse(waiting, true);
    if (fault === 'late') return this.refuse(waiting, false);
    await this.take(waiting, fault);
  }

  /** Its effect takes place; the answer comes now, later, as an error, or never. */
  private async take(waiting: Waiting, fault: Fault | null): Promise<void> {
    const { call } = waiting;
    const answer = await this.effect(waiting);
    waiting.blocked = answer === null;
    if (!answer) return;
    remove(this.waiting, (other) => other === waiting);
    waiting.forget?.();
    if (waiting.ghost || !call.owner.alive) return;
    if (fault === 'crash-after') return this.crash(call.owner, `after ${call.site}`);
    const deliver = fault === 'unknown' ? () => waiting.reject(call.outage?.(false)) : answer;
    const isSlow = call.owner.frozen || this.random.chance(this.weather.slowAnswer);
    const text = `${call.site} ${call.subject}`;
    if (isSlow) this.answers.push({ owner: call.owner, deliver, text });
    else await this.as(call.owner, deliver);
  }

  /** Null: it waits for a lock and had none. */
  private async effect({ call, ...waiting }: Waiting): Promise<(() => void) | null> {
    try {
      const value = await call.effect();
      return () => waiting.resolve(value);
    } catch (error) {
      if (!call.isBlockedBy?.(error)) return () => waiting.reject(error);
    }
    this.note(`${call.owner.name} ${call.site} waits for a lock`);
    return null;
  }

  private async refuse(waiting: Waiting, forGood: boolean): Promise<void> {
    if (forGood) remove(this.waiting, (other) => other === waiting);
    else waiting.ghost = true;
    const isPlain = forGood && this.random.chance(0.5);
    const answer = () => waiting.reject(waiting.call.outage?.(isPlain));
    if (waiting.call.owner.frozen) {
      this.answers.push({ owner: waiting.call.owner, deliver: answer, text: 'outage' });
    } else await this.as(waiting.call.owner, answer);
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
    const name = `${kind} ${site}: ${fault}`;
    this.sites.set(name, (this.sites.get(name) ?? 0) + 1);
  }
}

function remove<T>(list: T[], isIt: (item: T) => boolean): void {
  for (let i = list.length - 1; i >= 0; i--) if (isIt(list[i])) list.splice(i, 1);
}
