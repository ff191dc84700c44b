import type { Readable } from 'node:stream';
import type { ImageMediaType } from '../asset.js';

/** Injection token of the one `BlobDriver` of a process. */
export const BLOB_DRIVER = Symbol('BLOB_DRIVER');

/** Names one object: `accountId/assetId`, both canonical UUIDs. */
export interface BlobKey {
  readonly accountId: string;
  readonly assetId: string;
}

/** A whole picture on the local disk, flushed, with what is known of it. */
export interface SpooledBlob {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: Buffer;
  readonly mediaType: ImageMediaType;
}

/** Bytes `start` to `end` of an object, both included, 0-based. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface BlobReading {
  readonly stream: Readable;
  /** Bytes that `stream` will give. */
  readonly bytes: number;
  /** Bytes of the whole object. */
  readonly size: number;
}

/**
 * An object's bytes from the beginning, once. Each chunk is overwritten when the
 * next one is asked for. Whoever has one reads it to its end, leaves it in the
 * middle, or destroys it.
 */
export interface LentFile extends AsyncIterable<Buffer> {
  destroy(): void;
}

export interface Lent {
  readonly file: LentFile;
  /** Bytes of the whole object. */
  readonly size: number;
}

/** Part of what a store holds, in the order of its names. */
export interface BlobPage {
  readonly keys: readonly BlobKey[];
  /** Where the next page begins, for whoever asks for it; null after the last one. */
  readonly next: string | null;
}

/**
 * Where objects live. A driver moves bytes and knows nothing of pictures, rows
 * or links; every failure of its medium passes as it is, and `AssetStore` gives it
 * its name.
 */
export interface BlobDriver {
  /** Folder of files on their way in; for a local store on the same disk, so that they can be renamed. */
  readonly spoolFolder: string;

  /** Makes the folders that writing needs. */
  prepare(): Promise<void>;

  /**
   * Makes a spooled file the object `key`, durably, and consumes the file.
   *
   * @throws AssetExistsError when the object is there already; it stays as it was.
   */
  store(blob: SpooledBlob, key: BlobKey): Promise<void>;

  /** @returns null when there is no such object. */
  open(key: BlobKey, range?: ByteRange): Promise<BlobReading | null>;

  /** The cheapest way to read a whole object. @returns null when there is no such object */
  lend(key: BlobKey): Promise<Lent | null>;

  /** Removes the object if it is there. */
  remove(key: BlobKey): Promise<void>;

  /**
   * Names the objects page by page. Files that are no object of ours are passed over.
   *
   * @param after `next` of the page before; empty for the first one
   * @param limit how many names to look at, at most 1000
   */
  list(after: string, limit: number): Promise<BlobPage>;

  /** True when the store holds no object at all. */
  isEmpty(): Promise<boolean>;

  /** The store's own id, or null when it never got one. */
  readIdentity(): Promise<string | null>;

  /** Gives the store its id unless it has one. */
  writeIdentity(id: string): Promise<void>;

  /** Resolves when a byte can be written and taken back. */
  probe(): Promise<void>;

  close(): void;
}
