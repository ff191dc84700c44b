import { Injectable } from '@nestjs/common';
import { Database, type Sql, toQueryConfig } from './database.js';

declare const insideTransaction: unique symbol;

/**
 * An open transaction. Only `UnitOfWork.run` makes one, so a function that takes
 * a `Tx` cannot be called outside a transaction.
 */
export interface Tx {
  query<T>(sql: Sql): Promise<T[]>;
  readonly [insideTransaction]: true;
}

export interface TransactionOptions {
  /** One snapshot for every statement, for readers that must add up. */
  readonly snapshot?: boolean;
  /** Longest time (ms) of one statement; default 5 s at the server, 1.5 s at the client. */
  readonly statementMs?: number;
}

/** Transactions as values: whatever must change together takes the same `Tx`. */
@Injectable()
export class UnitOfWork {
  constructor(private readonly database: Database) {}

  /** Commits when `work` resolves and rolls back when it throws. Do no network I/O inside. */
  async run<T>(work: (tx: Tx) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const client = await this.database.connect();
    const swallow = () => undefined;
    client.on('error', swallow);
    let broken: Error | undefined;
    try {
      await client.query(options.snapshot ? 'BEGIN ISOLATION LEVEL REPEATABLE READ' : 'BEGIN');
      if (options.statementMs) {
        await client.query(`SET LOCAL statement_timeout = ${Math.ceil(options.statementMs)}`);
      }
      const query = async <R>(sql: Sql) => {
        const timed = { timeoutMs: options.statementMs, ...sql };
        return (await client.query(toQueryConfig(timed))).rows as R[];
      };
      const result = await work({ query } as Tx);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      const translated = this.database.translate(error);
      broken = translated === error ? undefined : (error as Error);
      if (!broken) broken = await rollBack(() => client.query('ROLLBACK'));
      throw translated;
    } finally {
      client.off('error', swallow);
      client.release(broken);
    }
  }
}

/** A connection that cannot even roll back is thrown away. */
async function rollBack(roll: () => Promise<unknown>): Promise<Error | undefined> {
  try {
    await roll();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
