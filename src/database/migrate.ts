import pg from 'pg';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';

/** Held while the schema changes: by migrations, and by a restore. */
export const MIGRATION_LOCK = 7_274_610_001;
/** The role requests run as: no superuser, and without UPDATE or DELETE on the journal. */
export const APPLICATION_ROLE = 'easel_app';

/**
 * Brings the schema up to date and grants the application role what it needs.
 * TypeORM takes no lock around migrations, so nodes that start together queue
 * on an advisory lock.
 *
 * @param ownerUrl a login that owns (or may create) the tables
 * @returns whether the application role can be used from this login
 */
export async function migrate(ownerUrl: string): Promise<{ roleUsable: boolean }> {
  const client = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await runMigrations(ownerUrl);
    await client.query(CREATE_ROLE);
    const { rows } = await client.query<{ exists: boolean; usable: boolean }>(ROLE_STATE, [
      APPLICATION_ROLE,
    ]);
    if (rows[0].exists) await client.query(GRANTS);
    return { roleUsable: rows[0].usable };
  } finally {
    await client.end();
  }
}

async function runMigrations(url: string): Promise<void> {
  const dataSource = await new DataSource({
    type: 'postgres',
    driver: pg,
    url,
    migrations: MIGRATIONS,
    poolSize: 1,
    applicationName: 'easel-migrate',
  }).initialize();
  try {
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await dataSource.destroy();
  }
}

/** Needs CREATEROLE; without it the operator may make the role, or run without the separation. */
const CREATE_ROLE = `
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '${APPLICATION_ROLE}') THEN
    CREATE ROLE ${APPLICATION_ROLE} NOLOGIN;
  END IF;
  IF NOT pg_has_role(current_user, '${APPLICATION_ROLE}', 'MEMBER') THEN
    EXECUTE format('GRANT ${APPLICATION_ROLE} TO %I', current_user);
  END IF;
EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation OR internal_error THEN
  NULL;
END $$;
`;

const ROLE_STATE = `
SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1) AS exists,
       EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = $1
                AND pg_has_role(current_user, r.oid, 'MEMBER')) AS usable
`;

/** Repeated after every migration, so that new tables are covered. Partitions get no grants of their own. */
const GRANTS = `
GRANT USAGE ON SCHEMA public TO ${APPLICATION_ROLE};
DO $$
DECLARE
  v_table regclass;
BEGIN
  FOR v_table IN
    SELECT c.oid::regclass FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
       AND NOT c.relispartition AND c.relname <> 'migrations'
  LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO ${APPLICATION_ROLE}', v_table);
  END LOOP;
END $$;
REVOKE UPDATE, DELETE, TRUNCATE ON credit_entries FROM ${APPLICATION_ROLE};
GRANT SELECT ON migrations TO ${APPLICATION_ROLE};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO ${APPLICATION_ROLE};
`;
