import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Notifier } from '../database/index.js';

const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 30_000;
/** However often somebody asks, an upstream is asked after one task no oftener than this. */
const HASTENED_PAUSE_MS = 2_000;
/** Generations that were told to other processes lately; each is told once in a pause. */
const MAX_TOLD = 10_000;

/**
 * The pauses between two looks at an upstream's task. Whoever asks after it
 * brings the next look forward, wherever the task is followed; the process that
 * follows it keeps the least distance, so all who ask share one look.
 */
@Injectable()
export class TaskPauses {
  private readonly running = new Map<string, Set<AbortController>>();
  private readonly told = new LRUCache<string, true>({ max: MAX_TOLD, ttl: HASTENED_PAUSE_MS });

  constructor(private readonly notifier: Notifier) {
    notifier.on('asked', (id) => this.end(id ?? ''));
  }

  /** Returns at once: the answer to whoever asks is what is known, the next one knows more. */
  hasten(id: string): void {
    if (this.end(id) || this.told.has(id)) return;
    this.told.set(id, true);
    this.notifier.tell('asked', id);
  }

  /**
   * Waits until the task of a generation is to be looked at again.
   *
   * @param ms as the upstream wishes
   * @throws AbortError when the signal aborts
   */
  async wait(id: string, ms: number, signal: AbortSignal): Promise<void> {
    const pause = bounded(ms);
    const hastened = this.expect(id);
    try {
      await sleep(Math.min(pause, HASTENED_PAUSE_MS), undefined, { signal });
      if (pause <= HASTENED_PAUSE_MS || hastened.signal.aborted) return;
      const rest = AbortSignal.any([signal, hastened.signal]);
      await sleep(pause - HASTENED_PAUSE_MS, undefined, { signal: rest }).catch(() =>
        signal.throwIfAborted(),
      );
    } finally {
      this.forget(id, hastened);
    }
  }

  /** The whole pause: an upstream that could not say anything is not pressed. */
  async waitOut(ms: number, signal: AbortSignal): Promise<void> {
    await sleep(bounded(ms), undefined, { signal });
  }

  private expect(id: string): AbortController {
    const controller = new AbortController();
    this.running.set(id, (this.running.get(id) ?? new Set()).add(controller));
    return controller;
  }

  private forget(id: string, controller: AbortController): void {
    const pauses = this.running.get(id);
    pauses?.delete(controller);
    if (pauses?.size === 0) this.running.delete(id);
  }

  /** @returns whether the task is followed here */
  private end(id: string): boolean {
    const pauses = this.running.get(id);
    for (const controller of pauses ?? []) controller.abort();
    return pauses !== undefined;
  }
}

function bounded(ms: number): number {
  return Math.min(Math.max(ms, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
}
