import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { BLOB_DRIVER, type BlobDriver } from './drivers/blob-driver.js';
import { Spool, TEND_EVERY_MS } from './spool.js';
import { StoreIdentity } from './store-identity.js';

/** A hung disk answers nothing at all; readiness must. */
const CHECK_TIMEOUT_MS = 2000;

/** Readiness is asked often and by many; each probe costs a flush of the disk. */
const CACHE_MS = 3000;

export interface StorageState {
  readonly ok: boolean;
  /** For operators; set when not ok. */
  readonly reason?: string;
}

/** Keeps the store in order and says whether it can be used. */
@Injectable()
export class StorageHealth implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(StorageHealth.name);
  private timer: NodeJS.Timeout | undefined;
  private examination: Promise<string | null> | undefined;
  private latest: { readonly at: number; readonly state: Promise<StorageState> } | undefined;

  constructor(
    @Inject(BLOB_DRIVER) private readonly driver: BlobDriver,
    private readonly identity: StoreIdentity,
    private readonly spool: Spool,
  ) {}

  /** A store that is not in order fails readiness, not the start: it may come back. */
  async onApplicationBootstrap(): Promise<void> {
    const { ok, reason } = await this.check();
    if (!ok) this.logger.error(`The image store cannot be used: ${reason}`);
    await this.tend();
    this.timer = setInterval(() => void this.tend(), TEND_EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.driver.close();
  }

  /** Whether images can be written, and belong to this database. Never rejects; ≤ 2 s. */
  check(now = Date.now()): Promise<StorageState> {
    if (!this.latest || now - this.latest.at > CACHE_MS) {
      this.latest = { at: now, state: this.inspect() };
    }
    return this.latest.state;
  }

  private async inspect(): Promise<StorageState> {
    try {
      const reason = await withinTime(this.examineOnce());
      return reason === null ? { ok: true } : { ok: false, reason };
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** On a hung disk examinations must not pile up behind each other. */
  private examineOnce(): Promise<string | null> {
    this.examination ??= this.examine().finally(() => (this.examination = undefined));
    return this.examination;
  }

  private async examine(): Promise<string | null> {
    await this.driver.prepare();
    await this.driver.probe();
    return await this.identity.findMismatch();
  }

  private async tend(): Promise<void> {
    try {
      const swept = await this.spool.tend();
      if (swept > 0) this.logger.log(`Removed ${swept} unfinished files of a process that died`);
    } catch (error) {
      this.logger.warn(`The spool folder cannot be swept: ${String(error)}`);
    }
  }
}

async function withinTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new Error(`The image store did not answer within ${CHECK_TIMEOUT_MS} ms`);
    timer = setTimeout(() => reject(error), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
