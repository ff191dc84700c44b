import { Readable } from 'node:stream';
import sharp from 'sharp';
import {
  type ImageProvider,
  type ImageProviderFactory,
  ProviderError,
  type ProviderResult,
} from '../../src/providers/index.js';

/** An upstream that works on tasks, as resellers do; the test decides how each goes on. */
export class TaskProvider implements ImageProviderFactory {
  readonly kind = 'test-tasks';
  started = 0;
  polled = 0;
  /** When each asking came, on the clock of `performance`. */
  readonly polledAt: number[] = [];
  /** What asking after any task answers. */
  state: 'working' | 'done' | 'failed' | 'unreachable' = 'working';
  /** The images a task has made, by their ordinals. */
  made: readonly number[] = [0];
  /** When it wants to be asked again. */
  pollAfterMs = 50;
  /** Whether a cancel is confirmed as unbilled. */
  confirmsCancel = false;
  canceled: string[] = [];

  check(): readonly string[] {
    return [];
  }

  create(): ImageProvider {
    return {
      start: () => {
        this.started += 1;
        return Promise.resolve(this.working(`task-${this.started}`));
      },
      poll: (taskId) => this.poll(taskId),
      cancel: (taskId) => {
        this.canceled.push(taskId);
        return Promise.resolve(this.confirmsCancel);
      },
      capabilities: () => ({ operations: ['generate'], maxCount: 10, stream: false }),
      close: () => Promise.resolve(),
    };
  }

  private async poll(taskId: string): Promise<ProviderResult> {
    this.polled += 1;
    this.polledAt.push(performance.now());
    if (this.state === 'unreachable') throw new ProviderError('unavailable', '503', { sent: true });
    if (this.state === 'failed') throw new ProviderError('refused', 'no', { sent: true });
    if (this.state === 'working') return this.working(taskId);
    const bytes = await picture();
    const { made } = this;
    const images = (async function* () {
      await Promise.resolve();
      for (const ordinal of made) {
        yield { ordinal, partial: false as const, source: { stream: Readable.from([bytes]) } };
      }
    })();
    return { kind: 'images', images, usage: Promise.resolve(null) };
  }

  private working(upstreamTaskId: string): ProviderResult {
    return { kind: 'task', upstreamTaskId, pollAfterMs: this.pollAfterMs };
  }
}

function picture(): Promise<Buffer> {
  return sharp({ create: { width: 1024, height: 1024, channels: 3, background: '#357' } })
    .png()
    .toBuffer();
}
