import type { MigrationInterface, QueryRunner } from 'typeorm';
import { INSERT_WITH_WAITER, JOIN_BY_BODY } from './1764000000008-once.js';

/**
 * Answers owed by a dead process are found through its row in `workers`. One
 * whose lease lapsed in an outage was buried meanwhile and has none: it gets one
 * again with the first answer it owes, so that it can be buried a second time.
 * Until it has renewed its lease it counts as dead, as it did.
 */
export class OwingWorkers1764000000021 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(OWE);
    await runner.query(replaced(INSERT_WITH_WAITER).replace(BEGINNING, AND_OWE));
    await runner.query(replaced(JOIN_BY_BODY).replace(BEGINNING, AND_OWE));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const before of [INSERT_WITH_WAITER, JOIN_BY_BODY]) await runner.query(replaced(before));
    await runner.query('DROP FUNCTION relay_owe');
  }
}

const BEGINNING = '\nBEGIN\n';
const AND_OWE = `
BEGIN
  IF (p_row ->> 'waits')::boolean THEN
    PERFORM relay_owe(p_worker);
  END IF;
`;

/** Its name and role it writes with its lease. */
const OWE = `
CREATE FUNCTION relay_owe(p_worker uuid) RETURNS void LANGUAGE sql AS $$
  INSERT INTO workers (id, name, role, lease_until)
  SELECT p_worker, '', '', clock_timestamp()
   WHERE NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = p_worker)
  ON CONFLICT (id) DO NOTHING
$$;
`;

function replaced(sql: string): string {
  return sql.replace(/CREATE (OR REPLACE )?FUNCTION/, 'CREATE OR REPLACE FUNCTION');
}
