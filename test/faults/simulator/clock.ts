import { createRequire, syncBuiltinESMExports } from 'node:module';

/** Somebody whose timers can stop: one incarnation of a process. */
export interface Owner {
  readonly name: string;
  readonly alive: boolean;
  /** Stopped like a process under SIGSTOP: nothing of it runs, nothing of it is lost. */
  readonly frozen: boolean;
  /** How far (ms) its wall clock is off. */
  readonly skewMs: number;
}

const real = {
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  clearTimeout: globalThis.clearTimeout,
  setImmediate: globalThis.setImmediate,
  abortAfter: AbortSignal.timeout.bind(AbortSignal),
  now: Date.now.bind(Date),
  performanceNow: performance.now.bind(performance),
};

/** A timer of the simulated time. */
export class VirtualTimer {
  constructor(
    readonly owner: Owner,
    public due: number,
    readonly order: number,
    readonly run: () => void,
    readonly everyMs: number | null,
  ) {}

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }
}

/**
 * The time of the simulated world. While code of an owner runs, the process's
 * own timers and clocks are these; everything else (the driver of the database)
 * keeps the real ones. Time passes only when the scheduler says so.
 */
export class Clock {
  /** ms since the beginning of the run. */
  nowMs = 0;
  /** Unix ms of the beginning of the run. */
  epochMs = 0;
  /** Whose code runs now. */
  owner: Owner | null = null;
  private readonly timers = new Set<VirtualTimer>();
  private order = 0;

  reset(epochMs: number): void {
    this.nowMs = 0;
    this.epochMs = epochMs;
    this.owner = null;
    this.timers.clear();
  }

  get unixMs(): number {
    return this.epochMs + this.nowMs;
  }

  add(run: () => void, ms: number, everyMs: number | null = null): VirtualTimer {
    const due = this.nowMs + Math.max(0, ms);
    const timer = new VirtualTimer(this.owner!, due, this.order++, run, everyMs);
    this.timers.add(timer);
    return timer;
  }

  cancel(timer: VirtualTimer): void {
    this.timers.delete(timer);
  }

  /** Removes the timers of the dead. */
  forget(owner: Owner): void {
    for (const timer of this.timers) if (timer.owner === owner) this.timers.delete(timer);
  }

  due(): VirtualTimer[] {
    const found = [...this.timers].filter(
      ({ owner, due }) => due <= this.nowMs && owner.alive && !owner.frozen,
    );
    return found.sort((a, b) => a.due - b.due || a.order - b.order);
  }

  /** When the next timer of a running owner is due; null without one. */
  nextDue(): number | null {
    let next: number | null = null;
    for (const { owner, due } of this.timers) {
      if (owner.alive && !owner.frozen && (next === null || due < next)) next = due;
    }
    return next;
  }

  /** To be called with the timer's owner as the current one. */
  fire(timer: VirtualTimer): void {
    if (timer.everyMs === null) this.timers.delete(timer);
    else timer.due = this.nowMs + timer.everyMs;
    timer.run();
  }
}

export const clock = new Clock();

/** Resolves when everything that could run without a port has run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    real.setImmediate(() => real.setImmediate(resolve));
  });
}

export function realNow(): number {
  return real.performanceNow();
}

type Callback = (...args: unknown[]) => void;

/** Puts the simulated time in the place of the process's; once per process, before anything is built. */
export function installClock(): void {
  const setVirtual = (run: Callback, ms = 0, ...args: unknown[]) =>
    clock.owner ? clock.add(() => run(...args), ms) : real.setTimeout(run, ms, ...args);
  const setRepeating = (run: Callback, ms = 0, ...args: unknown[]) =>
    clock.owner ? clock.add(() => run(...args), ms, ms) : real.setInterval(run, ms, ...args);
  const clear = (timer: unknown) => {
    if (timer instanceof VirtualTimer) clock.cancel(timer);
    else real.clearTimeout(timer as NodeJS.Timeout);
  };
  const setNext = (run: Callback, ...args: unknown[]) =>
    clock.owner ? clock.add(() => run(...args), 0) : real.setImmediate(run, ...args);
  Object.assign(globalThis, {
    setImmediate: setNext,
    setTimeout: setVirtual,
    setInterval: setRepeating,
    clearTimeout: clear,
    clearInterval: clear,
  });
  AbortSignal.timeout = (ms) => (clock.owner ? abortAfter(ms) : real.abortAfter(ms));
  Date.now = () => (clock.owner ? clock.unixMs + clock.owner.skewMs : real.now());
  performance.now = () => (clock.owner ? clock.nowMs : real.performanceNow());
  const promises = createRequire(import.meta.url)('node:timers/promises') as {
    setTimeout: typeof sleep;
  };
  promises.setTimeout = sleep;
  syncBuiltinESMExports();
}

function abortAfter(ms: number): AbortSignal {
  const controller = new AbortController();
  clock.add(() => controller.abort(new DOMException('time is up', 'TimeoutError')), ms);
  return controller.signal;
}

/** `setTimeout` of `node:timers/promises`. */
function sleep<T>(ms = 0, value?: T, { signal }: { signal?: AbortSignal } = {}): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const fail = () => reject(new DOMException('The operation was aborted', 'AbortError'));
    if (signal?.aborted) return fail();
    const onAbort = () => {
      clearTimeout(timer);
      fail();
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve(value as T);
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
