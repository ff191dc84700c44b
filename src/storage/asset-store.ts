import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { isId } from '../common/ids.js';
import type { GateLimits, StoredObject } from './asset.js';
import {
  BLOB_DRIVER,
  type BlobDriver,
  type BlobKey,
  type BlobPage,
  type ByteRange,
  type LentFile,
  type SpooledBlob,
} from './drivers/blob-driver.js';
import { lentBytes, RecentFiles } from './recent-files.js';
import { destroyOnAbort, receive } from './receive.js';
import { Spool, type SpoolFile } from './spool.js';
import { AssetExistsError, cannotRead, cannotStore, ImageBlockedError } from './storage.errors.js';

/** Names one stored image. An `Asset` is one. */
export interface AssetRef extends BlobKey {
  /** What its row says; an object of another size is not handed out. */
  readonly bytes?: number;
}

export interface PutRequest {
  readonly accountId: string;
  /** A new UUIDv7: an object is written once and never again. */
  readonly assetId: string;
  /** The file's raw bytes; destroyed when storing fails. */
  readonly source: Readable;
  readonly limits: GateLimits;
  readonly signal?: AbortSignal;
  /** Content that is not to be stored, by its SHA-256 in lower-case hex. */
  readonly isBlocked?: (sha256: string) => boolean;
}

/**
 * Images as objects that are written once and never change.
 *
 * Bytes are inspected, hashed and written while they arrive, at the pace of the
 * slower side, so a picture of any size takes one 256 KiB slab. An object
 * appears under its name only when it is whole and flushed to the medium.
 */
@Injectable()
export class AssetStore {
  private readonly recent = new RecentFiles();

  constructor(
    @Inject(BLOB_DRIVER) private readonly driver: BlobDriver,
    private readonly spool: Spool,
  ) {}

  /**
   * Stores one image and says what its bytes are. On any failure nothing is left
   * behind and the source is destroyed.
   *
   * @throws ImageRejectedError when the bytes are no acceptable picture
   * @throws ImageBlockedError when `isBlocked` says so
   * @throws StorageUnavailableError when disk or bucket fail
   * @throws AssetExistsError when the asset is stored, or being stored, already
   * @throws whatever `source` fails with, and the signal's reason, as they are
   */
  async put(request: PutRequest): Promise<StoredObject> {
    const { accountId, assetId, source, limits, signal } = request;
    // A source may fail before anybody reads from it; its error is met again while reading.
    source.on('error', () => undefined);
    const stopListening = destroyOnAbort(source, signal);
    let file: SpoolFile | undefined;
    try {
      checkKey(request);
      file = await this.spool.create(assetId);
      const { facts, sha256, small } = await receive(source, file, limits);
      signal?.throwIfAborted();
      if (request.isBlocked?.(sha256.toString('hex'))) throw new ImageBlockedError();
      const { bytes, mediaType, width, height } = facts;
      await this.commit({ path: file.path, bytes, sha256, mediaType }, { accountId, assetId });
      file.handOver();
      if (small) this.recent.remember(request, small);
      return { assetId, sha256: sha256.toString('hex'), bytes, mediaType, width, height };
    } catch (error) {
      source.destroy();
      await file?.discard();
      throw error;
    } finally {
      stopListening();
    }
  }

  /**
   * Opens an object, or a range of it, for reading. Whoever asks must read the
   * stream to its end or destroy it.
   *
   * @returns the stream and how many bytes it will give
   * @throws StorageUnavailableError when it is missing, of another size than
   * `ref.bytes`, or cannot be read
   */
  async open(ref: AssetRef, range?: ByteRange): Promise<{ stream: Readable; bytes: number }> {
    checkKey(ref);
    const reading = await presentOrThrow(ref, this.driver.open(ref, range));
    if (ref.bytes !== undefined && ref.bytes !== reading.size) {
      reading.stream.destroy();
      throw ofAnotherSize(ref, reading.size);
    }
    return { stream: reading.stream, bytes: reading.bytes };
  }

  /**
   * Opens a whole object for reading it once, in the cheapest way: a small one
   * that has just been stored is still in memory.
   *
   * @throws StorageUnavailableError as `open`
   */
  async lend(ref: AssetRef): Promise<LentFile> {
    checkKey(ref);
    const recent = this.recent.take(ref);
    if (recent) return lentBytes(recent);
    const { file, size } = await presentOrThrow(ref, this.driver.lend(ref));
    if (ref.bytes === undefined || ref.bytes === size) return file;
    file.destroy();
    throw ofAnotherSize(ref, size);
  }

  /** Removes an object; one that is not there is no error. @throws StorageUnavailableError */
  async remove(key: BlobKey): Promise<void> {
    checkKey(key);
    this.recent.forget(key);
    await this.driver.remove(key).catch((cause: unknown) => {
      throw cannotStore(cause);
    });
  }

  /**
   * Names the stored objects page by page; see `BlobDriver.list`. An object that
   * appears meanwhile may or may not be named.
   *
   * @throws StorageUnavailableError
   */
  async list(after: string, limit: number): Promise<BlobPage> {
    return this.driver.list(after, limit).catch((cause: unknown) => {
      throw cannotRead(cause);
    });
  }

  /**
   * Makes a spooled file an object and consumes it.
   *
   * @throws StorageUnavailableError, AssetExistsError
   */
  async commit(blob: SpooledBlob, key: BlobKey): Promise<void> {
    checkKey(key);
    try {
      await this.driver.store(blob, key);
    } catch (error) {
      if (error instanceof AssetExistsError) throw error;
      throw cannotStore(error);
    }
  }
}

async function presentOrThrow<T>(key: BlobKey, opening: Promise<T | null>): Promise<T> {
  const found = await opening.catch((error: unknown) => {
    throw cannotRead(error);
  });
  if (!found) throw cannotRead(new Error(`asset ${key.assetId} is missing from the store`));
  return found;
}

function ofAnotherSize({ assetId }: BlobKey, size: number): Error {
  return cannotRead(new Error(`asset ${assetId} has ${size} bytes on the medium`));
}

/** Ids become path segments, so nothing but the canonical form of a UUID is one. */
function checkKey({ accountId, assetId }: BlobKey): void {
  if (!isId(accountId) || !isId(assetId)) throw new TypeError('Not the ids of an asset');
}
