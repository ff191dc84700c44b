import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import pg from 'pg';
import { DatabaseGate } from './gate.js';
import { DatabaseUnavailableError, isOutage } from './outage.js';
import { type ConnectionSettings, poolOptions, QUERY_TIMEOUT_MS } from './pool.js';

export const CONNECTION_SETTINGS = Symbol('CONNECTION_SETTINGS');

export interface Sql {
  /** Names a prepared statement; give one to every statement on a hot path. */
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Longest wait for the answer; default 1.5 s. */
  readonly timeoutMs?: number;
}

/**
 * Runs SQL on the pool that TypeORM opened. Columns: `int8` as bigint,
 * `timestamptz` as Date, `jsonb` parsed, `uuid` as string.
 *
 * @throws DatabaseUnavailableError when the server is away, hung or refusing.
 * Every other error is a bug or a violated constraint and passes as it is.
 */
@Injectable()
export class Database implements OnApplicationShutdown {
  readonly gate: DatabaseGate;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONNECTION_SETTINGS) private readonly settings: ConnectionSettings,
  ) {
    this.gate = new DatabaseGate(() => this.probe());
  }

  async query<T>(sql: Sql): Promise<T[]> {
    await this.gate.pass();
    try {
      const { rows } = await this.pool.query(toQueryConfig(sql));
      return rows as T[];
    } catch (error) {
      throw this.translate(error);
    }
  }

  /** A connection for a transaction; hand it back with the error that broke it, if any. */
  async connect(): Promise<pg.PoolClient> {
    await this.gate.pass();
    try {
      return await this.pool.connect();
    } catch (error) {
      throw this.translate(error);
    }
  }

  translate(error: unknown): unknown {
    if (!isOutage(error)) return error;
    if (error instanceof DatabaseUnavailableError) return error;
    this.gate.reportOutage();
    return new DatabaseUnavailableError(error);
  }

  get stats(): { total: number; idle: number; waiting: number } {
    const { totalCount: total, idleCount: idle, waitingCount: waiting } = this.pool;
    return { total, idle, waiting };
  }

  onApplicationShutdown(): void {
    this.gate.close();
  }

  /** TypeORM opened and closes it; going through its query runners would cost a hot path dearly. */
  private get pool(): pg.Pool {
    return (this.dataSource.driver as unknown as { master: pg.Pool }).master;
  }

  private async probe(): Promise<void> {
    const client = new pg.Client({ ...poolOptions(this.settings, 1), query_timeout: 900 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
    } finally {
      await Promise.race([
        client.end().catch(() => undefined),
        new Promise((resolve) => setTimeout(resolve, 100)),
      ]);
    }
  }
}

export function toQueryConfig({ name, text, values, timeoutMs }: Sql): pg.QueryConfig {
  return {
    ...(name ? { name } : {}),
    text,
    values: values as unknown[] | undefined,
    ...(timeoutMs && timeoutMs !== QUERY_TIMEOUT_MS ? { query_timeout: timeoutMs } : {}),
  } as pg.QueryConfig;
}
