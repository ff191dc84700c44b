import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { newId } from '../../src/common/ids.js';
import type { ByteRange, GateLimits, StoredObject } from '../../src/storage/index.js';
import { AssetStore } from '../../src/storage/asset-store.js';
import { LocalDriver } from '../../src/storage/drivers/local-driver.js';
import { type OpenFile, Spool } from '../../src/storage/spool.js';

const LIMITS: GateLimits = {
  maxBytes: 20_000_000,
  maxPixels: 40_000_000,
  mediaTypes: ['image/png', 'image/jpeg', 'image/webp'],
  decodePixels: false,
};

export interface PutFacts {
  readonly assetId?: string;
  readonly limits?: Partial<GateLimits>;
  readonly signal?: AbortSignal;
}

/** A store on a folder of its own, and one account that uses it. */
export class StoreRig {
  readonly accountId = newId();
  readonly driver: LocalDriver;
  readonly store: AssetStore;

  private constructor(readonly root: string) {
    this.driver = new LocalDriver(root);
    this.store = new AssetStore(this.driver, new Spool(this.driver.spoolFolder));
  }

  static async create(): Promise<StoreRig> {
    const rig = new StoreRig(await mkdtemp(join(tmpdir(), 'easel-store-')));
    await rig.driver.prepare();
    return rig;
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }

  /** The same disk, whose files are opened by `openFile`. */
  storeWith(openFile: OpenFile): AssetStore {
    return new AssetStore(this.driver, new Spool(this.driver.spoolFolder, openFile));
  }

  put(source: Readable, facts: PutFacts = {}, store = this.store): Promise<StoredObject> {
    const { assetId = newId(), limits, signal } = facts;
    const { accountId } = this;
    return store.put({ accountId, assetId, source, limits: { ...LIMITS, ...limits }, signal });
  }

  async read(assetId: string, range?: ByteRange): Promise<Buffer> {
    const { stream, bytes } = await this.store.open({ accountId: this.accountId, assetId }, range);
    const content = await buffer(stream);
    if (content.length !== bytes) throw new Error(`${bytes} bytes promised`);
    return content;
  }

  /** Every file of the store, spool included. */
  async filesLeft(): Promise<string[]> {
    const entries = await readdir(this.root, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  }
}

/** A byte stream of the file, in pieces. */
export function pieces(file: Buffer, pieceBytes = 65_536): Readable {
  const list: Buffer[] = [];
  for (let at = 0; at < file.length; at += pieceBytes) {
    list.push(file.subarray(at, at + pieceBytes));
  }
  return Readable.from(list, { objectMode: false });
}
