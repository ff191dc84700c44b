import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../src/database/index.js';

export interface TestDatabase {
  /** Logs in as the server's superuser; what serves requests acts as the application role. */
  readonly url: string;
  readonly ownerUrl: string;
  query<T extends object>(text: string, values?: unknown[]): Promise<T[]>;
  drop(): Promise<void>;
}

/** A migrated database of its own for one suite: suites never see each other's rows. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) throw new Error('TEST_DATABASE_URL is not set: run through `npm test`');
  const name = `easel_test_${randomBytes(6).toString('hex')}`;
  await administer(server, `CREATE DATABASE ${name}`);
  const target = new URL(server);
  target.pathname = `/${name}`;
  const url = target.toString();
  await migrate(url);
  const client = new pg.Pool({ connectionString: url, max: 2 });
  client.on('error', () => undefined);
  return {
    url,
    ownerUrl: url,
    query: async <T extends object>(text: string, values?: unknown[]) =>
      (await client.query<T>(text, values)).rows,
    drop: async () => {
      await client.end();
      await administer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
