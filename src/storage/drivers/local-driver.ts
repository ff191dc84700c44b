import { randomUUID } from 'node:crypto';
import {
  access,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { isId } from '../../common/ids.js';
import { AssetExistsError, errnoOf } from '../storage.errors.js';
import type {
  BlobDriver,
  BlobKey,
  BlobPage,
  BlobReading,
  ByteRange,
  Lent,
  SpooledBlob,
} from './blob-driver.js';
import { FolderFlusher } from './folder-flusher.js';
import { LentLocalFile } from './lent-local-file.js';

const IDENTITY_FILE = '.easel-store';
const SPOOL_FOLDER = '.spool';

/** Folders known to exist, so that a stored picture costs no mkdir. */
const KNOWN_FOLDERS = 8192;

/** Per open file; a stalled reader holds two of these. */
const READ_BUFFER_BYTES = 128 * 1024;

/**
 * A UUIDv7 begins with its time, and its first five digits change every 3.1
 * days. Objects of one such period share a folder: new ones are rare, since each
 * must be flushed as well, and none grows beyond what an account makes in three days.
 */
const PERIOD_DIGITS = 5;

/** Objects as files: `account/asset` lies in `account/period/asset`. */
export class LocalDriver implements BlobDriver {
  readonly spoolFolder: string;
  private readonly folders = new FolderFlusher();
  private readonly known = new LRUCache<string, true>({ max: KNOWN_FOLDERS });

  constructor(private readonly root: string) {
    this.spoolFolder = join(root, SPOOL_FOLDER);
  }

  async prepare(): Promise<void> {
    await mkdir(this.spoolFolder, { recursive: true, mode: 0o700 });
  }

  /**
   * Rename would replace an object silently, so its place is looked at first.
   * Nobody can take it in between: the spooled file's name is taken exclusively
   * per asset (see `Spool`), and only its owner gets here.
   */
  async store({ path }: SpooledBlob, key: BlobKey): Promise<void> {
    const target = this.pathOf(key);
    if (await exists(target)) throw new AssetExistsError(key.assetId);
    const folder = dirname(target);
    await this.ensureFolder(folder);
    try {
      await rename(path, target);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      this.known.clear();
      await this.ensureFolder(folder);
      await rename(path, target);
    }
    await this.folders.flush(folder);
  }

  async open(key: BlobKey, range?: ByteRange): Promise<BlobReading | null> {
    const handle = await orNull(open(this.pathOf(key), 'r'));
    if (!handle) return null;
    try {
      const { size } = await handle.stat();
      const stream = handle.createReadStream({ ...range, highWaterMark: READ_BUFFER_BYTES });
      const bytes = range ? Math.max(0, Math.min(range.end + 1, size) - range.start) : size;
      return { stream, bytes, size };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async lend(key: BlobKey): Promise<Lent | null> {
    const file = await orNull(LentLocalFile.open(this.pathOf(key)));
    return file && { file, size: file.size };
  }

  async remove(key: BlobKey): Promise<void> {
    await orNull(unlink(this.pathOf(key)));
  }

  async list(after: string, limit: number): Promise<BlobPage> {
    const keys: BlobKey[] = [];
    for await (const key of this.objectsAfter(after)) {
      keys.push(key);
      if (keys.length === limit) return { keys, next: `${key.accountId}/${key.assetId}` };
    }
    return { keys, next: null };
  }

  async isEmpty(): Promise<boolean> {
    const names = await readdir(this.root);
    return names.every((name) => name.startsWith('.'));
  }

  async readIdentity(): Promise<string | null> {
    const text = await orNull(readFile(join(this.root, IDENTITY_FILE), 'utf8'));
    return text === null ? null : text.trim();
  }

  async writeIdentity(id: string): Promise<void> {
    const draft = join(this.spoolFolder, `identity-${randomUUID()}`);
    await writeFile(draft, `${id}\n`, { flush: true, mode: 0o600 });
    if (await exists(join(this.root, IDENTITY_FILE))) return unlink(draft);
    await rename(draft, join(this.root, IDENTITY_FILE));
    await this.folders.flush(this.root);
  }

  async probe(): Promise<void> {
    const path = join(this.spoolFolder, `probe-${randomUUID()}`);
    try {
      await writeFile(path, 'x', { flush: true });
    } finally {
      await orNull(unlink(path));
    }
  }

  close(): void {
    this.known.clear();
  }

  private pathOf({ accountId, assetId }: BlobKey): string {
    return join(this.root, accountId, assetId.slice(0, PERIOD_DIGITS), assetId);
  }

  /** In the order of account and asset; a period's name begins those of its assets. */
  private async *objectsAfter(after: string): AsyncGenerator<BlobKey> {
    const [lastAccount, lastAsset = ''] = after.split('/');
    for (const accountId of await namesIn(this.root, (name) => isId(name) && name >= lastAccount)) {
      const from = accountId === lastAccount ? lastAsset : '';
      const folder = join(this.root, accountId);
      const first = from.slice(0, PERIOD_DIGITS);
      const isDue = (name: string) => name.length === PERIOD_DIGITS && name >= first;
      for (const period of await namesIn(folder, isDue)) {
        const isNext = (name: string) => isId(name) && name.startsWith(period) && name > from;
        for (const assetId of await namesIn(join(folder, period), isNext)) {
          yield { accountId, assetId };
        }
      }
    }
  }

  /** A new folder is durable only once its parent is flushed, hence one level after the other. */
  private async ensureFolder(folder: string): Promise<void> {
    if (folder === this.root || this.known.has(folder)) return;
    await this.ensureFolder(dirname(folder));
    try {
      await mkdir(folder, { mode: 0o700 });
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
    await this.folders.flush(dirname(folder));
    this.known.set(folder, true);
  }
}

/** Sorted; nothing for what is gone meanwhile or is no folder. */
async function namesIn(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  try {
    return (await readdir(folder)).filter(wanted).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return [];
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await orNull(access(path).then(() => true))) ?? false;
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}
