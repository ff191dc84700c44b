import { LRUCache } from 'lru-cache';
import type { BlobKey, LentFile } from './drivers/blob-driver.js';

/** Most bytes of a picture that is remembered; larger ones are cheap to read beside what they cost to send. */
export const SMALL_BYTES = 32 * 1024;
const MAX_FILES = 256;
const MAX_BYTES = 2 * 1024 * 1024;

/**
 * Small pictures that have just been stored, each for the one answer that
 * follows. What is not asked for gives way to newer ones.
 */
export class RecentFiles {
  private readonly files = new LRUCache<string, Buffer>({
    max: MAX_FILES,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ length }) => length,
  });

  remember(key: BlobKey, bytes: Buffer): void {
    this.files.set(nameOf(key), bytes);
  }

  /** Once: whoever asks again reads what is on the medium. */
  take(key: BlobKey): Buffer | null {
    const bytes = this.files.get(nameOf(key));
    this.forget(key);
    return bytes ?? null;
  }

  forget(key: BlobKey): void {
    this.files.delete(nameOf(key));
  }
}

/** Bytes that are in memory, as a file. */
export function lentBytes(bytes: Buffer): LentFile {
  return {
    async *[Symbol.asyncIterator]() {
      await Promise.resolve();
      yield bytes;
    },
    destroy: () => undefined,
  };
}

function nameOf({ accountId, assetId }: BlobKey): string {
  return `${accountId}/${assetId}`;
}
