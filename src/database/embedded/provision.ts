import pg from 'pg';
import { ROLES, urlFor, type Credentials } from './credentials.js';

/** The database of the platform inside the cluster. */
export const DATABASE = 'easel';

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Two login roles and the database. The owner makes the schema and may do as it likes in its own
 * database; the program's role is no superuser and gets from the migrations what it may touch.
 * Every step looks first, so one that was interrupted is taken up. The caller holds the lock.
 */
export async function provision(credentials: Credentials, port: number): Promise<void> {
  const connectionString = urlFor('superuser', credentials, port, 'postgres');
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await ensureRole(client, 'owner', credentials);
    await ensureRole(client, 'app', credentials);
    await ensureDatabase(client);
  } finally {
    await client.end();
  }
}

async function ensureRole(client: pg.Client, role: 'owner' | 'app', given: Credentials) {
  const name = ROLES[role];
  const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
  if (found.rowCount === 1) return;
  await client.query(`CREATE ROLE ${name} LOGIN PASSWORD ${client.escapeLiteral(given[role])}`);
}

async function ensureDatabase(client: pg.Client): Promise<void> {
  const found = await client.query<{ opened: boolean }>(
    'SELECT datacl IS NOT NULL AS opened FROM pg_database WHERE datname = $1',
    [DATABASE],
  );
  if (found.rowCount === 0) {
    await client.query(`CREATE DATABASE ${DATABASE} OWNER ${ROLES.owner}`);
  }
  if (found.rows[0]?.opened === true) return;
  await client.query(
    `REVOKE ALL ON DATABASE ${DATABASE} FROM PUBLIC;
     GRANT CONNECT ON DATABASE ${DATABASE} TO ${ROLES.app}`,
  );
}
