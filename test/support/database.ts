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

/** One number for all who want to make the run's template. */
const TEMPLATE_LOCK = 7_274_610_900;

/** A migrated database of its own for one suite: suites never see each other's rows. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) throw new Error('TEST_DATABASE_URL is not set: run through `npm test`');
  const name = `easel_test_${randomBytes(6).toString('hex')}`;
  const url = databaseOn(server, name);
  await createMigrated(server, name);
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

/** A copy of the run's template takes less than half of the time of the migrations; rigs have none. */
async function createMigrated(server: string, name: string): Promise<void> {
  const template = process.env.TEST_DATABASE_TEMPLATE;
  if (template === undefined) {
    await administer(server, `CREATE DATABASE ${name}`);
    await migrate(databaseOn(server, name));
    return;
  }
  await makeOnce(server, template);
  await administer(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
}

/** Whoever is first makes it, under another name until it is whole; the others wait. */
async function makeOnce(server: string, template: string): Promise<void> {
  await using(server, async (client) => {
    const isThere = async () =>
      (await client.query('SELECT FROM pg_database WHERE datname = $1', [template])).rowCount === 1;
    if (await isThere()) return;
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    if (await isThere()) return;
    const unready = `${template}_unready`;
    await client.query(`DROP DATABASE IF EXISTS ${unready} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${unready}`);
    await migrate(databaseOn(server, unready));
    // What has connections cannot be copied, so that nothing else, vacuum included, may have one.
    await client.query(`ALTER DATABASE ${unready} ALLOW_CONNECTIONS false`);
    await client.query(`ALTER DATABASE ${unready} RENAME TO ${template}`);
  });
}

function databaseOn(server: string, name: string): string {
  const target = new URL(server);
  target.pathname = `/${name}`;
  return target.toString();
}

function administer(url: string, statement: string): Promise<void> {
  return using(url, async (client) => void (await client.query(statement)));
}

async function using(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
