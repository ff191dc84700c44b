import { Readable } from 'node:stream';
import type { FetchedFile, FetchOptions, GuardedFetcher } from '../../../src/egress/index.js';
import type {
  ImageProvider,
  ImageProviderFactory,
  ProviderImage,
  ProviderRequest,
  ProviderResult,
} from '../../../src/providers/index.js';
import type { Process, Scheduler } from './scheduler.js';
import {
  failure,
  handOver,
  type Plan,
  type PlannedImage,
  type UpstreamWorld,
} from './upstream-world.js';

export interface UpstreamPort {
  readonly scheduler: Scheduler;
  readonly upstreams: UpstreamWorld;
}

/** How one upstream of the run answers. */
export interface UpstreamTraits {
  readonly name: string;
  readonly maxCount: number;
  readonly hasTasks: boolean;
}

/** An adapter whose every exchange with its upstream is a port call. */
export function createFactory(
  world: UpstreamPort,
  owner: Process,
  traits: UpstreamTraits,
): ImageProviderFactory {
  return {
    kind: 'simulated',
    check: () => [],
    create: () => new PortProvider(world, owner, traits),
  };
}

export class PortProvider implements ImageProvider {
  constructor(
    protected readonly world: UpstreamPort,
    protected readonly owner: Process,
    protected readonly traits: UpstreamTraits,
  ) {}

  async start(request: ProviderRequest, signal: AbortSignal): Promise<ProviderResult> {
    const { name, hasTasks } = this.traits;
    const { trace } = this.world.scheduler;
    const subject = trace.nameOf(request.generationId);
    const receive = () => this.world.upstreams.receive(name, request, hasTasks);
    return this.toResult(await this.call('start', subject, receive, signal), subject, signal);
  }

  async poll(taskId: string, signal: AbortSignal): Promise<ProviderResult> {
    const look = async () => this.world.upstreams.look(taskId);
    return this.toResult(await this.call('poll', taskId, look, signal), taskId, signal);
  }

  cancel(taskId: string, signal: AbortSignal): Promise<boolean> {
    const cancel = async () => this.world.upstreams.cancel(taskId);
    return this.call('cancel', taskId, cancel, signal);
  }

  capabilities() {
    const { maxCount } = this.traits;
    return { operations: ['generate'], maxCount, stream: false } as const;
  }

  async close(): Promise<void> {
    return undefined;
  }

  private async toResult(
    plan: Plan,
    subject: string,
    signal: AbortSignal,
  ): Promise<ProviderResult> {
    if (plan.kind === 'task') {
      return { kind: 'task', upstreamTaskId: plan.task.id, pollAfterMs: 500 };
    }
    if (plan.kind === 'hang') return forever(signal);
    const images = this.images(plan.images, subject, signal);
    return { kind: 'images', images, usage: Promise.resolve(null) };
  }

  private async *images(
    images: readonly PlannedImage[],
    subject: string,
    signal: AbortSignal,
  ): AsyncGenerator<ProviderImage> {
    for (const image of images) {
      await this.call('read', subject, async () => undefined, signal);
      if (image.cut) throw failure('interrupted', true);
      yield handOver(this.world.upstreams, image);
    }
  }

  private call<T>(
    what: string,
    subject: string,
    effect: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return this.world.scheduler.port({
      owner: this.owner,
      kind: 'upstream',
      site: `${this.traits.name} ${what}`,
      subject,
      effect,
      abort: { signal, error: () => failure('timeout', true) },
    });
  }
}

function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = () => reject(failure('timeout', true));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** Fetches what an upstream's link names. */
export function createFetcher({ scheduler, upstreams }: UpstreamPort, owner: Process) {
  const fetch = async (url: string, { signal }: FetchOptions): Promise<FetchedFile> => {
    const bytes = await scheduler.port({
      owner,
      kind: 'upstream',
      site: 'link',
      subject: url,
      effect: async () => upstreams.links.get(url) ?? Buffer.alloc(0),
      ...(signal ? { abort: { signal, error: () => signal.reason as unknown } } : {}),
    });
    return { stream: Readable.from([bytes]), contentType: null };
  };
  return { fetch } as unknown as GuardedFetcher;
}
