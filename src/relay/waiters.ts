import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { isOutage, Notifier } from '../database/index.js';
import { logger } from '../observability/logger.js';
import type { Generation } from './generation.js';
import { GenerationReader } from './generation-reader.js';

/** Generations of other processes are looked at this often; our own are announced. */
const POLL_MS = 500;

interface Waiter {
  readonly promise: Promise<Generation>;
  readonly resolve: (generation: Generation) => void;
}

/** Who waits for the end of which generation, wherever it runs. */
@Injectable()
export class Waiters implements OnApplicationShutdown {
  private readonly log = logger('waiters');
  private readonly waiting = new Map<string, Waiter>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly reader: GenerationReader,
    notifier: Notifier,
  ) {
    notifier.on('ended', () => void this.lookAtAll());
  }

  /** Resolves when the generation has ended; patience is the caller's business. */
  wait(id: string): Promise<Generation> {
    let waiter = this.waiting.get(id);
    if (!waiter) {
      waiter = deferred();
      this.waiting.set(id, waiter);
    }
    this.schedule(POLL_MS);
    return waiter.promise;
  }

  /** A settle of this process: look at once. */
  announce(id: string): void {
    if (this.waiting.has(id)) void this.look([id]);
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async lookAtAll(): Promise<void> {
    if (this.waiting.size > 0) await this.look([...this.waiting.keys()]);
  }

  private async look(ids: string[]): Promise<void> {
    try {
      for (const generation of await this.reader.ended(ids)) {
        this.waiting.get(generation.id)?.resolve(generation);
        this.waiting.delete(generation.id);
      }
    } catch (error) {
      if (!isOutage(error)) this.log.error('waiting generations could not be read', { err: error });
    }
  }

  private schedule(delay: number): void {
    if (this.timer || this.stopped) return;
    this.timer = setTimeout(() => {
      void this.lookAtAll().finally(() => {
        this.timer = undefined;
        if (this.waiting.size > 0) this.schedule(POLL_MS);
      });
    }, delay);
    this.timer.unref();
  }
}

function deferred(): Waiter {
  let resolve!: Waiter['resolve'];
  const promise = new Promise<Generation>((settle) => (resolve = settle));
  return { promise, resolve };
}
