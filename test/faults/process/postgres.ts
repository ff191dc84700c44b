import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedDatabase, startEmbedded } from '../../../src/database/embedded/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

/** Commits survive every death of a process; of a machine nothing here dies. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'on' };
const BACK_MS = 60_000;

/** A PostgreSQL of the rig's own that may be hurt: its supervisor starts it again. */
export class Postgres {
  private constructor(
    private readonly dataDir: string,
    private readonly embedded: EmbeddedDatabase,
    readonly database: TestDatabase,
  ) {}

  static async start(dataDir: string): Promise<Postgres> {
    const embedded = await startEmbedded({ dataDir, log: () => undefined, settings: SETTINGS });
    process.env.TEST_DATABASE_URL = embedded.superuserUrl;
    return new Postgres(dataDir, embedded, await createTestDatabase());
  }

  get url(): string {
    return this.database.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get postmaster(): number {
    const control = join(this.dataDir, 'postgres');
    const elsewhere = join(control, 'location');
    const home = existsSync(elsewhere) ? readFileSync(elsewhere, 'utf8').trim() : control;
    return Number(readFileSync(join(home, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  }

  /** Processes of the server that work for Easel now. */
  async backends(): Promise<number[]> {
    const rows = await this.database.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'easel%'`,
    );
    return rows.map(({ pid }) => pid);
  }

  /** Asks until there is an answer: between two faults the server may be on its way back. */
  async query<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
    for (const end = performance.now() + BACK_MS; ; await sleep(200)) {
      try {
        return await this.database.query<T>(text, values);
      } catch (error) {
        if (performance.now() > end) throw error;
      }
    }
  }

  async stop(): Promise<void> {
    await this.database.drop();
    await this.embedded.stop();
  }

  version(): Promise<string> {
    return this.query<{ v: string }>('SELECT current_setting($1) AS v', ['server_version']).then(
      ([{ v }]) => v,
    );
  }
}

/** False when the process is gone already. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
