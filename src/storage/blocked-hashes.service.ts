import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ChangeFeed, Database, type Tx } from '../database/index.js';

/**
 * Content that the operator took down, by its SHA-256. Kept in memory, because
 * every picture that is stored is held against it, and read again whenever it
 * changes, on every node. What is stored in the half second before a node hears of
 * it is found by retention.
 */
@Injectable()
export class BlockedHashes implements OnModuleInit {
  private hashes: ReadonlySet<string> = new Set();

  constructor(
    private readonly database: Database,
    private readonly changes: ChangeFeed,
  ) {}

  async onModuleInit(): Promise<void> {
    this.changes.onChange('blocked_hashes', () => this.load());
    await this.load();
  }

  /** Never asks the database. @param sha256 lower-case hex */
  has(sha256: string): boolean {
    return this.hashes.has(sha256);
  }

  /** @param reason for the operator only; that of the first time stays */
  async add(tx: Tx, hashes: readonly string[], reason: string): Promise<void> {
    await tx.query({
      text: `INSERT INTO blocked_hashes (sha256, reason)
             SELECT sha256, $2 FROM unnest($1::text[]) AS h(sha256) ORDER BY sha256
             ON CONFLICT (sha256) DO NOTHING`,
      values: [hashes, reason],
    });
    await this.changes.bump(tx, 'blocked_hashes');
  }

  private async load(): Promise<void> {
    const rows = await this.database.query<{ sha256: string }>({
      name: 'blocked_hashes_load',
      text: 'SELECT sha256 FROM blocked_hashes',
    });
    this.hashes = new Set(rows.map(({ sha256 }) => sha256));
  }
}
