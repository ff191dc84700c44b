import { Readable } from 'node:stream';
import {
  type ProviderFailure,
  ProviderError,
  type ProviderImage,
  type ProviderRequest,
} from '../../../src/providers/index.js';
import { clock } from './clock.js';
import type { Random } from './random.js';

/** One call as the upstream saw it. Its own books, which no crash of ours touches. */
export interface Call {
  readonly upstream: string;
  readonly generationId: string;
  /** Images asked for. */
  readonly count: number;
  readonly atMs: number;
  /** Rows of attempts at this upstream that were committed when the call came. */
  readonly attemptsBefore: number;
  /** Whether it counts as work done: then it may not be bought again. */
  billed: boolean;
  task: Task | null;
}

export interface Task {
  readonly id: string;
  readonly call: Call;
  /** Painted once: whoever fetches them gets the same. */
  readonly images: readonly PlannedImage[];
  state: 'working' | 'done' | 'failed' | 'canceled';
}

/** What one call comes to. */
export type Plan =
  | { readonly kind: 'images'; readonly images: readonly PlannedImage[] }
  | { readonly kind: 'task'; readonly task: Task }
  | { readonly kind: 'hang' };

export interface PlannedImage {
  readonly ordinal: number;
  readonly bytes: Buffer;
  /** The connection breaks instead of this image. */
  readonly cut: boolean;
  readonly asLink: boolean;
}

type Manner =
  | 'images'
  | 'fewer'
  | 'none'
  | 'more'
  | 'twice'
  | 'rubbish'
  | 'cut'
  | 'hang'
  | 'unreached'
  | ProviderFailure;

/** Answers that say nothing was done there. */
const FREE: readonly Manner[] = [
  'refused',
  'invalid',
  'auth',
  'quota',
  'rate_limited',
  'unavailable',
];

const TIERS = { small: 1024, asked: 2048, large: 4096 } as const;
type Scale = keyof typeof TIERS;

/** All upstreams of a run: how they behave, and what was asked of them. */
export class UpstreamWorld {
  readonly calls: Call[] = [];
  readonly tasks = new Map<string, Task>();
  readonly links = new Map<string, Buffer>();
  /** 0 to 1: how often a call ends otherwise than with all its images. */
  trouble: number;
  private pictures = 0;

  constructor(
    private readonly random: Random,
    private readonly attemptsOf: (generationId: string, upstream: string) => Promise<number>,
  ) {
    this.trouble = random.pick([0.05, 0.3, 0.6]);
  }

  /** A request arrives. @throws ProviderError what the upstream answers instead of images */
  async receive(upstream: string, request: ProviderRequest, hasTasks: boolean): Promise<Plan> {
    const manner = this.drawManner();
    if (manner === 'unreached') throw failure('unavailable', false);
    const { generationId, count } = request;
    const attemptsBefore = await this.attemptsOf(generationId, upstream);
    const call: Call = {
      upstream,
      generationId,
      count,
      atMs: clock.nowMs,
      attemptsBefore,
      billed: !FREE.includes(manner),
      task: null,
    };
    this.calls.push(call);
    if (isFailure(manner)) throw failure(manner, true);
    if (manner === 'hang') return { kind: 'hang' };
    if (hasTasks) return { kind: 'task', task: this.open(call, request) };
    return { kind: 'images', images: this.paint(request, manner) };
  }

  /** Somebody asks after a task. @throws ProviderError */
  look(id: string): Plan {
    const task = this.tasks.get(id);
    if (!task) throw failure('invalid', true);
    if (this.random.chance(this.trouble / 4)) throw failure('unavailable', true);
    if (task.state === 'working' && this.random.chance(0.4)) {
      task.state = this.random.chance(this.trouble / 3) ? 'failed' : 'done';
      if (task.state === 'failed') task.call.billed = false;
    }
    if (task.state === 'working') return { kind: 'task', task };
    if (task.state !== 'done') throw failure('refused', true);
    return { kind: 'images', images: task.images };
  }

  /** True: it stopped and bills nothing. */
  cancel(id: string): boolean {
    const task = this.tasks.get(id);
    if (task?.state === 'canceled') return true;
    if (task?.state !== 'working' || this.random.chance(0.4)) return false;
    task.state = 'canceled';
    task.call.billed = false;
    return true;
  }

  private open(call: Call, request: ProviderRequest): Task {
    const id = `task-${this.tasks.size}`;
    const images = this.paint(request, 'images');
    const task: Task = { id, call, images, state: 'working' };
    call.task = task;
    this.tasks.set(id, task);
    return task;
  }

  private drawManner(): Manner {
    if (!this.random.chance(this.trouble)) return 'images';
    return this.random.pick<Manner>([
      'fewer',
      'none',
      'more',
      'twice',
      'rubbish',
      'cut',
      'hang',
      'unreached',
      'unreached',
      'refused',
      'invalid',
      'auth',
      'rate_limited',
      'unavailable',
      'unavailable',
      'interrupted',
      'malformed',
    ]);
  }

  private paint({ count }: ProviderRequest, manner: Manner): PlannedImage[] {
    const made = {
      fewer: this.random.below(count),
      none: 0,
      more: count + 1,
      twice: count + 1,
    }[manner as string];
    const broken = manner === 'rubbish' || manner === 'cut' ? this.random.below(count) : -1;
    return Array.from({ length: made ?? count }, (_, index) => ({
      ordinal: manner === 'twice' && index === count ? 0 : index,
      bytes: manner === 'rubbish' && index === broken ? Buffer.from('<html>') : this.picture(),
      cut: manner === 'cut' && index >= broken,
      asLink: this.random.chance(0.1),
    }));
  }

  /** No two are alike, so that a hash tells whose picture lies under a name. */
  private picture(): Buffer {
    const scale = this.random.weighted<Scale>([
      ['asked', 6],
      ['small', 2],
      ['large', 1],
    ]);
    const edge = TIERS[scale];
    this.pictures += 1;
    return Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${edge}" height="${edge}">` +
        `<desc>${this.pictures}-${clock.epochMs}</desc></svg>`,
    );
  }
}

/** A picture as a provider hands it over. */
export function handOver(world: UpstreamWorld, image: PlannedImage): ProviderImage {
  const { ordinal, bytes, asLink } = image;
  if (!asLink) return { ordinal, partial: false, source: { stream: Readable.from([bytes]) } };
  const url = `https://pictures.example/${world.links.size}`;
  world.links.set(url, bytes);
  return { ordinal, partial: false, source: { url } };
}

export function failure(kind: ProviderFailure, sent: boolean): ProviderError {
  return new ProviderError(kind, `simulated ${kind}`, { sent });
}

const FAILURES: ReadonlySet<string> = new Set<ProviderFailure>([
  'refused',
  'invalid',
  'auth',
  'quota',
  'rate_limited',
  'unavailable',
  'interrupted',
  'timeout',
  'malformed',
]);

function isFailure(manner: Manner): manner is ProviderFailure {
  return FAILURES.has(manner);
}
