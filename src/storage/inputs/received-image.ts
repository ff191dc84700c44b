import type { Received } from '../receive.js';
import type { SpoolFile } from '../spool.js';

/**
 * An input that has arrived whole: inspected, hashed and on the disk, but no
 * object yet. Whoever has one keeps it or discards it.
 */
export class ReceivedImage {
  constructor(
    /** The id it gets if it is kept and new. */
    readonly assetId: string,
    private readonly received: Received,
    readonly file: SpoolFile,
  ) {}

  get facts(): Received['facts'] {
    return this.received.facts;
  }

  /** Of the bytes as they are stored, 32 bytes. */
  get hash(): Buffer {
    return this.received.sha256;
  }

  /** Lower-case hex. */
  get sha256(): string {
    return this.hash.toString('hex');
  }

  /** Removes the file; harmless when it was kept or discarded before. */
  discard(): Promise<void> {
    return this.file.discard();
  }
}
