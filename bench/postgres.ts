import { existsSync } from 'node:fs';
import pg from 'pg';
import { type EmbeddedDatabase, startEmbedded } from '../src/database/embedded/index.js';
import { createTestDatabase, type TestDatabase } from '../test/support/database.js';

/**
 * The server of a run: embedded and with the settings of an ordinary start,
 * fsync included, or the one that TEST_DATABASE_URL names (a superuser's URL).
 */
export class Postgres {
  private constructor(
    private readonly admin: pg.Pool,
    private readonly embedded: EmbeddedDatabase | null,
    private readonly made: TestDatabase[] = [],
  ) {}

  static async start(dataDir: string): Promise<Postgres> {
    const given = process.env.TEST_DATABASE_URL;
    const embedded = given ? null : await startEmbedded({ dataDir, log: () => undefined });
    const url = given ?? embedded!.superuserUrl;
    process.env.TEST_DATABASE_URL = url;
    const admin = new pg.Pool({ connectionString: url, max: 1 });
    admin.on('error', () => undefined);
    return new Postgres(admin, embedded);
  }

  /** A migrated database of its own. */
  async database(): Promise<TestDatabase> {
    const database = await createTestDatabase();
    this.made.push(database);
    return database;
  }

  /** All processes of the server that run on this machine, those that serve nobody included. */
  async pids(): Promise<number[]> {
    const { rows } = await this.admin.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
    return rows.map(({ pid }) => pid).filter((pid) => existsSync(`/proc/${pid}/task`));
  }

  /** Durable flushes of the log since the server began, as far as sessions have reported them. */
  async flushes(): Promise<number> {
    const { rows } = await this.admin.query<{ flushes: number }>(
      (await this.version()) >= 180_000
        ? `SELECT sum(fsyncs)::float8 AS flushes FROM pg_stat_io WHERE object = 'wal'`
        : 'SELECT wal_sync::float8 AS flushes FROM pg_stat_wal',
    );
    return rows[0].flushes;
  }

  async describe(): Promise<string> {
    const { rows } = await this.admin.query<{ words: string }>(
      `SELECT current_setting('server_version') || ', fsync ' || current_setting('fsync')
           || ', synchronous_commit ' || current_setting('synchronous_commit') AS words`,
    );
    return `PostgreSQL ${rows[0].words}, ${this.embedded ? 'embedded' : 'given'}`;
  }

  async stop(): Promise<void> {
    for (const database of this.made) await database.drop();
    await this.admin.end();
    await this.embedded?.stop();
  }

  private async version(): Promise<number> {
    const { rows } = await this.admin.query<{ version: number }>(
      `SELECT current_setting('server_version_num')::integer AS version`,
    );
    return rows[0].version;
  }
}
