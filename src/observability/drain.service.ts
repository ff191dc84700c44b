import { Injectable } from '@nestjs/common';
import { logger } from './logger.js';
import { setDraining } from './metrics.js';

const log = logger('drain');

/** A load balancer that asked this recently is given time to notice the answer. */
const PROBE_MEMORY_MS = 60_000;
const MAX_LAME_DUCK_MS = 2_000;
/** What a part may take to hand its work over when its time is up. */
const HANDOVER_MS = 500;

interface Hook {
  readonly name: string;
  readonly finish: (graceMs: number) => Promise<void>;
}

/**
 * The way out of a process that still has work. First readiness fails while
 * everything else goes on as before (the lame duck), so that load balancers
 * move traffic elsewhere before anything is refused. Then no new work is taken,
 * but questions are still answered, until what is in flight has ended or the
 * grace time is over. Only then may the caller close anything.
 */
@Injectable()
export class DrainService {
  private begun = false;
  private lastProbeAt = -Infinity;
  private readonly hooks: Hook[] = [];
  private readonly requests = new Set<() => void>();
  private whenQuiet: (() => void) | null = null;
  private whenProbed: () => void = () => undefined;

  get draining(): boolean {
    return this.begun;
  }

  /**
   * Has `finish` called when no new work is wanted any more, and awaited before
   * anything is closed. It resolves when that part's work has ended, or has been
   * handed over because `graceMs` are over.
   */
  onDrain(name: string, finish: (graceMs: number) => Promise<void>): void {
    this.hooks.push({ name, finish });
  }

  /** Somebody decides by our readiness, so a lame duck makes sense. */
  noteProbe(): void {
    this.noteProbeElsewhere();
    this.whenProbed();
  }

  /** A process that shares our port was asked: whoever asked meant us all. */
  noteProbeElsewhere(): void {
    this.lastProbeAt = performance.now();
  }

  onProbe(listener: () => void): void {
    this.whenProbed = listener;
  }

  /**
   * Counts a request until the function returned is called.
   *
   * @param markLast called if draining begins meanwhile: its answer is the connection's last
   */
  track(markLast: () => void): () => void {
    if (this.draining) markLast();
    this.requests.add(markLast);
    return () => {
      if (this.requests.delete(markLast) && this.requests.size === 0) this.whenQuiet?.();
    };
  }

  /**
   * Finishes what is in flight, within `graceMs`.
   *
   * @returns false when time was up first; whatever is left is for others to recover.
   */
  async drain(graceMs: number): Promise<boolean> {
    const deadline = performance.now() + graceMs;
    this.begun = true;
    setDraining();
    for (const markLast of this.requests) markLast();
    await sleep(this.lameDuckMs(graceMs));
    const leftMs = Math.max(0, deadline - performance.now());
    const parts = this.hooks.map((hook) => finishQuietly(hook, leftMs));
    const inTime = await within(Promise.all([this.quiet(), ...parts]), leftMs + HANDOVER_MS);
    if (!inTime) log.warn('Grace time is over', { requests: this.requests.size });
    return inTime;
  }

  private lameDuckMs(graceMs: number): number {
    const watched = performance.now() - this.lastProbeAt < PROBE_MEMORY_MS;
    return watched ? Math.min(MAX_LAME_DUCK_MS, graceMs / 10) : 0;
  }

  private quiet(): Promise<void> {
    if (this.requests.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenQuiet = resolve;
    });
  }
}

/** One part that fails to finish must not keep the others from finishing. */
async function finishQuietly({ name, finish }: Hook, graceMs: number): Promise<void> {
  try {
    await finish(graceMs);
  } catch (error) {
    log.error('A part did not finish its work', { part: name, err: error });
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whether `work` ends within `ms`. Leaves no timer behind. */
export async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(0, ms));
  });
  try {
    return await Promise.race([work.then(() => true), timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
