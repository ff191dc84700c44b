import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  ImageProvider,
  ImageProviderFactory,
  ProviderImage,
  ProviderRequest,
  ProviderResult,
} from '../../../src/providers/index.js';
import { Random } from '../simulator/random.js';

const SLOWEST_MS = 25;
const EDGE = 1024;

/**
 * An upstream that never fails: what goes wrong is ours. While its gate is
 * closed nothing leaves it, so that everything accepted is in flight at once.
 */
export class RacingUpstream implements ImageProviderFactory {
  readonly kind = 'racing';
  /** Calls by generation. */
  readonly calls = new Map<string, number>();
  /** SHA-256 of what was given, by generation. */
  readonly given = new Map<string, string[]>();
  private gate = Promise.resolve();
  private readonly random = new Random(1);
  private pictures = 0;

  /** @returns what opens it again */
  close(): () => void {
    let open!: () => void;
    this.gate = new Promise((resolve) => (open = resolve));
    return open;
  }

  check(): readonly string[] {
    return [];
  }

  create(): ImageProvider {
    return {
      start: (request, signal) => this.start(request, signal),
      capabilities: () => ({ operations: ['generate'], maxCount: 10, stream: false }),
      close: () => Promise.resolve(),
    };
  }

  private async start(
    { generationId, count }: ProviderRequest,
    signal: AbortSignal,
  ): Promise<ProviderResult> {
    this.calls.set(generationId, (this.calls.get(generationId) ?? 0) + 1);
    const pause = this.random.below(SLOWEST_MS);
    await this.gate;
    await sleep(pause, undefined, { signal });
    const pictures = Array.from({ length: count }, () => this.picture());
    const hashes = pictures.map((bytes) => createHash('sha256').update(bytes).digest('hex'));
    this.given.set(generationId, [...(this.given.get(generationId) ?? []), ...hashes]);
    return { kind: 'images', images: handOver(pictures), usage: Promise.resolve(null) };
  }

  /** No two are alike, so that a hash tells whose picture lies under a name. */
  private picture(): Buffer {
    this.pictures += 1;
    return Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${EDGE}" height="${EDGE}">` +
        `<desc>${this.pictures}</desc></svg>`,
    );
  }
}

async function* handOver(pictures: readonly Buffer[]): AsyncGenerator<ProviderImage> {
  await Promise.resolve();
  for (const [ordinal, bytes] of pictures.entries()) {
    yield { ordinal, partial: false, source: { stream: Readable.from([bytes]) } };
  }
}
