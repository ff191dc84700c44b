import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { AssetStore } from '../../../src/storage/index.js';
import type {
  BlobDriver,
  BlobKey,
  BlobPage,
  BlobReading,
  Lent,
  SpooledBlob,
} from '../../../src/storage/drivers/blob-driver.js';
import { AssetExistsError } from '../../../src/storage/storage.errors.js';
import type { Spool, SpoolFile } from '../../../src/storage/spool.js';
import type { Process, Scheduler } from './scheduler.js';

/** The bucket that all processes share: it outlives them. */
export class Bucket {
  private readonly objects = new Map<string, Buffer>();

  put(name: string, bytes: Buffer): boolean {
    if (this.objects.has(name)) return false;
    this.objects.set(name, bytes);
    return true;
  }

  get(name: string): Buffer | null {
    return this.objects.get(name) ?? null;
  }

  remove(name: string): void {
    this.objects.delete(name);
  }

  sha256(name: string): string | null {
    const bytes = this.get(name);
    return bytes && createHash('sha256').update(bytes).digest('hex');
  }
}

export interface StorageWorld {
  readonly scheduler: Scheduler;
  readonly bucket: Bucket;
}

/** `AssetStore` as it is, over a disk and a bucket whose every use is a port call. */
export function createStore(
  world: StorageWorld,
  owner: Process,
  driverOf: (disk: Disk) => BlobDriver = (disk) => new PortDriver(world, owner, disk),
): AssetStore {
  const disk = new Disk(world, owner);
  return new AssetStore(driverOf(disk), disk as unknown as Spool);
}

/** The process's own folder of files on their way; it dies with it. */
export class Disk {
  private readonly files = new Map<string, Buffer[]>();

  constructor(
    private readonly world: StorageWorld,
    private readonly owner: Process,
  ) {}

  async create(assetId: string): Promise<SpoolFile> {
    const { scheduler } = this.world;
    await scheduler.port({
      owner: this.owner,
      kind: 'storage',
      site: 'spool',
      subject: '',
      effect: async () => undefined,
      outage: () => full(),
    });
    const chunks: Buffer[] = [];
    this.files.set(assetId, chunks);
    const nothing = async () => undefined;
    const file = {
      path: assetId,
      write: async (chunk: Buffer) => void chunks.push(Buffer.from(chunk)),
      copyBuffered: () => Buffer.concat(chunks),
      flush: nothing,
      finish: nothing,
      handOver: () => void this.files.delete(assetId),
      discard: async () => void this.files.delete(assetId),
    };
    return file as unknown as SpoolFile;
  }

  read(path: string): Buffer {
    return Buffer.concat(this.files.get(path) ?? []);
  }
}

/** The part of a driver that serves pictures. */
export class PortDriver implements BlobDriver {
  readonly spoolFolder = '';

  constructor(
    protected readonly world: StorageWorld,
    protected readonly owner: Process,
    private readonly disk: Disk,
  ) {}

  async store({ path }: SpooledBlob, key: BlobKey): Promise<void> {
    const bytes = this.disk.read(path);
    const isNew = await this.call('store', key, async () => this.put(key, bytes));
    if (!isNew) throw new AssetExistsError(key.assetId);
  }

  async open(key: BlobKey): Promise<BlobReading | null> {
    const bytes = await this.call('open', key, async () => this.get(key));
    if (!bytes) return null;
    return { stream: Readable.from([bytes]), bytes: bytes.length, size: bytes.length };
  }

  async lend(key: BlobKey): Promise<Lent | null> {
    const reading = await this.open(key);
    return reading && { file: reading.stream, size: reading.size };
  }

  async remove(key: BlobKey): Promise<void> {
    await this.call('remove', key, async () => this.world.bucket.remove(nameOf(key)));
  }

  protected put(key: BlobKey, bytes: Buffer): boolean {
    return this.world.bucket.put(nameOf(key), bytes);
  }

  protected get(key: BlobKey): Buffer | null {
    return this.world.bucket.get(nameOf(key));
  }

  protected call<T>(site: string, key: BlobKey, effect: () => Promise<T>): Promise<T> {
    const { scheduler } = this.world;
    return scheduler.port({
      owner: this.owner,
      kind: 'storage',
      site,
      subject: scheduler.trace.nameOf(key.assetId),
      effect,
      outage: () => full(),
    });
  }

  async prepare(): Promise<void> {
    return undefined;
  }

  async list(): Promise<BlobPage> {
    return { keys: [], next: null };
  }

  async isEmpty(): Promise<boolean> {
    return false;
  }

  async readIdentity(): Promise<string | null> {
    return null;
  }

  async writeIdentity(): Promise<void> {
    return undefined;
  }

  async probe(): Promise<void> {
    return undefined;
  }

  close(): void {
    return undefined;
  }
}

export function nameOf({ accountId, assetId }: BlobKey): string {
  return `${accountId}/${assetId}`;
}

function full(): Error {
  return Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
}
