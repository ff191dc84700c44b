import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { PairMaker } from './pair-maker.js';

/** Connections of the pool; more of them did not make it faster. */
const CONNECTIONS = 32;
const BALANCE = 1_000_000_000_000n;
const AMOUNT = 1_000;

export const NAIVE_TABLES = `
CREATE SCHEMA bench_naive;
GRANT USAGE ON SCHEMA bench_naive TO PUBLIC;
CREATE TABLE bench_naive.accounts (id uuid PRIMARY KEY, available bigint NOT NULL,
  held bigint NOT NULL DEFAULT 0, spent bigint NOT NULL DEFAULT 0) WITH (fillfactor = 50);
CREATE TABLE bench_naive.holds (id uuid PRIMARY KEY, account_id uuid NOT NULL,
  amount bigint NOT NULL, state text NOT NULL DEFAULT 'open',
  created_at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 70);
CREATE TABLE bench_naive.entries (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hold_id uuid NOT NULL, account_id uuid NOT NULL, amount bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO bench_naive.accounts (id, available)
SELECT account_id, ${BALANCE} FROM credit_accounts;
`;

/**
 * What a first draft of a ledger does: each step a transaction that reads the
 * row for update, changes it and inserts. It writes no generation, attempt,
 * image, counter or running balance.
 */
export class NaivePairs implements PairMaker {
  private readonly pool: pg.Pool;

  constructor(url: string) {
    this.pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  }

  async pair(accountId: string): Promise<boolean> {
    const id = randomUUID();
    return (await this.hold(id, accountId)) && this.settle(id);
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  private hold(id: string, accountId: string): Promise<boolean> {
    return this.transaction(async (query) => {
      const [account] = await query<{ available: string }>('balance', LOCK_ACCOUNT, [accountId]);
      if (BigInt(account.available) < AMOUNT) return false;
      await query('hold', MOVE_TO_HELD, [accountId, AMOUNT]);
      await query('insert hold', INSERT_HOLD, [id, accountId, AMOUNT]);
      return true;
    });
  }

  private settle(id: string): Promise<boolean> {
    return this.transaction(async (query) => {
      const [hold] = await query<{ account_id: string; state: string }>('open', LOCK_HOLD, [id]);
      if (hold.state !== 'open') return false;
      await query('close', CLOSE_HOLD, [id]);
      await query('capture', CAPTURE, [hold.account_id, AMOUNT]);
      await query('insert entry', INSERT_ENTRY, [id, hold.account_id, AMOUNT]);
      return true;
    });
  }

  private async transaction(work: (query: Query) => Promise<boolean>): Promise<boolean> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      const done = await work(async (name, text, values) => {
        const { rows } = await client.query({ name, text, values });
        return rows as never;
      });
      await client.query(done ? 'COMMIT' : 'ROLLBACK');
      return done;
    } finally {
      client.release();
    }
  }
}

type Query = <T>(name: string, text: string, values: unknown[]) => Promise<T[]>;

const LOCK_ACCOUNT = 'SELECT available FROM bench_naive.accounts WHERE id = $1 FOR UPDATE';
const MOVE_TO_HELD = `
  UPDATE bench_naive.accounts SET available = available - $2, held = held + $2 WHERE id = $1`;
const INSERT_HOLD = 'INSERT INTO bench_naive.holds (id, account_id, amount) VALUES ($1, $2, $3)';
const LOCK_HOLD = 'SELECT account_id, state FROM bench_naive.holds WHERE id = $1 FOR UPDATE';
const CLOSE_HOLD = `UPDATE bench_naive.holds SET state = 'captured' WHERE id = $1`;
const CAPTURE =
  'UPDATE bench_naive.accounts SET held = held - $2, spent = spent + $2 WHERE id = $1';
const INSERT_ENTRY = `
  INSERT INTO bench_naive.entries (hold_id, account_id, amount) VALUES ($1, $2, $3)`;
