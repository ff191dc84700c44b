import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { isOutage } from '../database/index.js';
import { ProviderError, type ProviderFailure, type ProviderResult } from '../providers/index.js';
import type { UpstreamSlot } from '../upstreams/index.js';
import { GenerationStore, type TaskCall } from './generation-store.js';
import { TaskPauses } from './task-pauses.js';
import type { Work } from './work.js';

export type TaskResult = Extract<ProviderResult, { kind: 'task' }>;
export type ImagesResult = Extract<ProviderResult, { kind: 'images' }>;

/** Asking after a task failed: the task itself goes on, so it is asked after again. */
const PASSING: ReadonlySet<ProviderFailure> = new Set([
  'unavailable',
  'rate_limited',
  'interrupted',
]);
const OUTAGE_PAUSE_MS = 500;

/** An upstream confirmed that it stopped and billed nothing. */
export class TaskCanceledError extends DomainError {
  constructor() {
    super('conflict', 'The generation was canceled.');
  }
}

/** Follows a task at an upstream to its images, through failures of asking and changes of node. */
@Injectable()
export class TaskFollower {
  constructor(
    private readonly store: GenerationStore,
    private readonly pauses: TaskPauses,
  ) {}

  /**
   * @throws ProviderError the task's own failure, or `timeout` when the signal aborts
   * @throws TaskCanceledError after a cancel that the upstream confirms
   */
  async follow(
    work: Work,
    slot: UpstreamSlot,
    call: TaskCall,
    task: TaskResult,
    signal: AbortSignal,
  ): Promise<ImagesResult> {
    if (!(await this.save(work, call, task.upstreamTaskId, signal))) {
      throw new DomainError('generation_timeout', 'Another worker took the generation over.');
    }
    return this.poll(work, slot, task, signal);
  }

  /** The upstream works already: an outage is waited for, or the task would be nobody's. */
  private async save(
    { id, token }: Work,
    call: TaskCall,
    taskId: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (;;) {
      try {
        return await this.store.saveTask(id, token, call, taskId);
      } catch (error) {
        if (!isOutage(error)) throw error;
        await sleep(OUTAGE_PAUSE_MS, undefined, { signal });
      }
    }
  }

  /** The task's id was saved by whoever held the generation before. */
  async poll(
    work: Work,
    slot: UpstreamSlot,
    task: TaskResult,
    signal: AbortSignal,
  ): Promise<ImagesResult> {
    let { pollAfterMs } = task;
    let answered = true;
    for (;;) {
      if (answered) await this.pauses.wait(work.id, pollAfterMs, signal);
      else await this.pauses.waitOut(pollAfterMs, signal);
      await this.passOnCancel(work, slot, task.upstreamTaskId, signal);
      const result = await ask(slot, task.upstreamTaskId, signal);
      answered = result !== null;
      if (result?.kind === 'images') return result;
      if (result !== null) pollAfterMs = result.pollAfterMs;
    }
  }

  private async passOnCancel(
    work: Work,
    { provider }: UpstreamSlot,
    taskId: string,
    signal: AbortSignal,
  ): Promise<void> {
    // A preview is an image: whoever has one pays for what is still to come (design §2).
    if (!provider.cancel || work.previews?.reachedReader) return;
    if (!(await this.wantsCancel(work.id))) return;
    const confirmed = await provider.cancel(taskId, signal).catch(() => false);
    if (confirmed) throw new TaskCanceledError();
  }

  /** While the database is away nobody can have asked. */
  private async wantsCancel(id: string): Promise<boolean> {
    try {
      return await this.store.isCancelRequested(id);
    } catch (error) {
      if (isOutage(error)) return false;
      throw error;
    }
  }
}

/** Null: asking failed in passing. */
async function ask(
  { provider, upstream }: UpstreamSlot,
  taskId: string,
  signal: AbortSignal,
): Promise<ProviderResult | null> {
  if (!provider.poll) {
    throw new ProviderError('malformed', `${upstream.config.provider} has no tasks`, {
      sent: true,
    });
  }
  try {
    return await provider.poll(taskId, signal);
  } catch (error) {
    const passing = error instanceof ProviderError && PASSING.has(error.failure);
    if (passing && !signal.aborted) return null;
    throw error;
  }
}
