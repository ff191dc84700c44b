import { mkdir, readdir, stat, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { BufferPool } from '../common/buffer-pool.js';
import { openExclusively, type WritableFile } from './writable-file.js';
import { AssetExistsError, cannotStore, errnoOf } from './storage.errors.js';

/** One write to disk per this many bytes: each costs a hop through the thread pool. */
const SLAB_BYTES = 256 * 1024;

/** Idle slabs kept for the next picture; more are left to the collector. */
const MAX_IDLE_SLABS = 16;

/** How often a process says that its files are still being written. */
export const TEND_EVERY_MS = 60_000;

/** Untouched for this long, a file belongs to a process that died. */
const ABANDONED_AFTER_MS = 5 * TEND_EVERY_MS;

const SUFFIX = '.part';

/** Opens a file for writing; replaced by tests to make a disk fail. */
export type OpenFile = (path: string) => Promise<WritableFile>;

/** The folder of pictures on their way in. */
export class Spool {
  private readonly slabs = new BufferPool(SLAB_BYTES, MAX_IDLE_SLABS);
  private readonly live = new Set<SpoolFile>();

  constructor(
    private readonly folder: string,
    private readonly openFile: OpenFile = openExclusively,
  ) {}

  /**
   * Starts the file of one asset. Its name is taken exclusively, also against
   * other processes on the same folder, so an asset has one writer at a time.
   *
   * @throws AssetExistsError while another writer has it
   * @throws StorageUnavailableError
   */
  async create(assetId: string): Promise<SpoolFile> {
    const path = join(this.folder, assetId + SUFFIX);
    try {
      const handle = await this.openFresh(path);
      const file: SpoolFile = new SpoolFile(path, handle, this.slabs.take(), {
        takeBack: (slab) => this.slabs.giveBack(slab),
        forget: () => this.live.delete(file),
      });
      this.live.add(file);
      return file;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') throw new AssetExistsError(assetId, { cause: error });
      throw cannotStore(error);
    }
  }

  /**
   * Marks this process's files as alive, however slowly their bytes come, and
   * removes those that dead processes left.
   *
   * @returns how many were removed
   */
  async tend(now = new Date()): Promise<number> {
    await Promise.all([...this.live].map((file) => file.touch(now)));
    let swept = 0;
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      if (await isAbandoned(path, now)) {
        await unlink(path).catch(() => undefined);
        swept++;
      }
    }
    return swept;
  }

  /** The folder may have been removed under a running server. */
  private async openFresh(path: string): Promise<WritableFile> {
    try {
      return await this.openFile(path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      return await this.openFile(path);
    }
  }
}

async function isAbandoned(path: string, now: Date): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    return now.getTime() - mtimeMs > ABANDONED_AFTER_MS;
  } catch {
    return false;
  }
}

/** What a file gives back to its spool. */
interface SpoolOwner {
  takeBack(slab: Buffer): void;
  forget(): void;
}

/** One picture being written. Every failure of the disk is a `StorageUnavailableError`. */
export class SpoolFile {
  private filled = 0;
  private handle: WritableFile | null;
  /** Null when all is written: a file that waits for others holds no memory. */
  private slab: Buffer | null;

  constructor(
    readonly path: string,
    handle: WritableFile,
    slab: Buffer,
    private readonly owner: SpoolOwner,
  ) {
    this.handle = handle;
    this.slab = slab;
  }

  /** Takes the chunk's bytes; the chunk is the caller's again as soon as this resolves. */
  async write(chunk: Buffer): Promise<void> {
    const slab = this.openSlab();
    let taken = 0;
    while (taken < chunk.length) {
      const copied = chunk.copy(slab, this.filled, taken);
      this.filled += copied;
      taken += copied;
      if (this.filled === SLAB_BYTES) await this.flush();
    }
  }

  /** What has not been handed on yet: all of it, of a file smaller than a slab. */
  copyBuffered(): Buffer {
    return Buffer.from(this.openSlab().subarray(0, this.filled));
  }

  /** Hands what is buffered to the operating system, so that others can read it. */
  async flush(): Promise<void> {
    const handle = this.opened();
    const slab = this.openSlab();
    let written = 0;
    while (written < this.filled) {
      const left = this.filled - written;
      const { bytesWritten } = await handle.write(slab, written, left).catch(failStorage);
      written += bytesWritten;
    }
    this.filled = 0;
  }

  /** Makes everything written durable; the file is whole and closed afterwards. */
  async finish(): Promise<void> {
    await this.flush();
    const handle = this.opened();
    await handle.datasync().catch(failStorage);
    this.handle = null;
    this.giveBackSlab();
    await handle.close().catch(failStorage);
  }

  /** To be called when the file has become an object. */
  handOver(): void {
    this.giveBackSlab();
    this.owner.forget();
  }

  /** Removes the file in whatever state it is; never throws, since it runs behind another error. */
  async discard(): Promise<void> {
    const { handle } = this;
    this.handle = null;
    await handle?.close().catch(() => undefined);
    await unlink(this.path).catch(() => undefined);
    this.handOver();
  }

  async touch(now: Date): Promise<void> {
    await utimes(this.path, now, now).catch(() => undefined);
  }

  private giveBackSlab(): void {
    if (this.slab) this.owner.takeBack(this.slab);
    this.slab = null;
  }

  private openSlab(): Buffer {
    if (!this.slab) throw new Error('The spooled file is closed');
    return this.slab;
  }

  private opened(): WritableFile {
    if (!this.handle) throw new Error('The spooled file is closed');
    return this.handle;
  }
}

function failStorage(cause: unknown): never {
  throw cannotStore(cause);
}
