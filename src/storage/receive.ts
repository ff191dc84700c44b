import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { GateLimits } from './asset.js';
import { confirmWithDecoder, type ImageFacts, ImageGate } from './image-gate/index.js';
import { SMALL_BYTES } from './recent-files.js';
import type { SpoolFile } from './spool.js';

/** What the bytes of a file turned out to be. */
export interface Received {
  readonly facts: ImageFacts;
  readonly sha256: Buffer;
  /** All its bytes, where they are few. */
  readonly small: Buffer | null;
}

/**
 * Reads the source to its end through gate and hash into the file, which is
 * whole, flushed and closed afterwards.
 *
 * @throws ImageRejectedError, StorageUnavailableError, and whatever the source fails with
 */
export async function receive(
  source: AsyncIterable<Buffer>,
  file: SpoolFile,
  limits: GateLimits,
): Promise<Received> {
  const gate = new ImageGate(limits);
  const hash = createHash('sha256');
  for await (const chunk of source) {
    gate.push(chunk);
    hash.update(chunk);
    await file.write(chunk);
  }
  const facts = gate.finish();
  const small = facts.bytes <= SMALL_BYTES ? file.copyBuffered() : null;
  await file.flush();
  await bothDone(file.finish(), confirmWithDecoder(file.path, facts, limits));
  return { facts, sha256: hash.digest(), small };
}

/** Destroys the source when the signal aborts. @returns what ends that */
export function destroyOnAbort(source: Readable, signal?: AbortSignal): () => void {
  if (!signal) return () => undefined;
  const destroy = () => source.destroy(signal.reason as Error);
  if (signal.aborted) destroy();
  else signal.addEventListener('abort', destroy, { once: true });
  return () => signal.removeEventListener('abort', destroy);
}

/** Like `Promise.all`, but nothing is still at work on the file when it throws. */
async function bothDone(...work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}
