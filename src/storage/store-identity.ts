import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { BLOB_DRIVER, type BlobDriver } from './drivers/blob-driver.js';

const SETTING = 'store_id';

/**
 * The store and the database carry the same id, so that a server never serves
 * one installation's rows from another's files, nor sweeps files whose rows it
 * does not have. A side without an id gets the other's only where it is empty.
 */
@Injectable()
export class StoreIdentity {
  /** Known once they agreed; the database of a running server does not change. */
  private expected: string | null = null;

  constructor(
    @Inject(BLOB_DRIVER) private readonly driver: BlobDriver,
    private readonly database: Database,
  ) {}

  /** @returns why store and database do not belong together, or null when they do. */
  async findMismatch(): Promise<string | null> {
    const stored = await this.driver.readIdentity();
    if (this.expected !== null) return compare(this.expected, stored);
    const expected = (await this.readSetting()) ?? (await this.introduce(stored));
    if (expected === null) {
      return `The image store belongs to another database: it carries the id ${stored}, this database none.`;
    }
    const reason = compare(expected, stored ?? (await this.adopt(expected)));
    if (reason === null) this.expected = expected;
    return reason;
  }

  /** Gives the database an id: a new one for a new store, the store's own while that is empty. */
  private async introduce(stored: string | null): Promise<string | null> {
    if (stored !== null && !(await this.driver.isEmpty())) return null;
    await this.database.query({
      text: 'INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING',
      values: [SETTING, stored ?? randomUUID()],
    });
    return await this.readSetting();
  }

  /** Gives a store without an id the database's, unless the database knows images it should hold. */
  private async adopt(expected: string): Promise<string | null> {
    const [{ used }] = await this.database.query<{ used: boolean }>({
      text: 'SELECT EXISTS (SELECT 1 FROM assets) AS used',
    });
    if (used) return null;
    await this.driver.writeIdentity(expected);
    return await this.driver.readIdentity();
  }

  private async readSetting(): Promise<string | null> {
    const [row] = await this.database.query<{ value: string }>({
      text: 'SELECT value FROM settings WHERE key = $1',
      values: [SETTING],
    });
    return row?.value ?? null;
  }
}

function compare(expected: string, stored: string | null): string | null {
  if (stored === expected) return null;
  const found = stored === null ? 'carries no id' : `carries the id ${stored}`;
  return `The image store ${found}, the database expects ${expected}. Is the right folder or bucket in place?`;
}
