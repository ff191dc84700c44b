import { LedgerCheck } from '../../../src/credits/index.js';
import type { Sql, Tx, UnitOfWork } from '../../../src/database/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { PhysicalDatabase, SIMULATED_TIME } from './physical-database.js';

/** What a harness does to the database without asking the program. */
export const HARNESS = `
${SIMULATED_TIME}
CREATE FUNCTION sim.open_account(p_id uuid, p_keys uuid[], p_amount bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_grant uuid := gen_random_uuid();
BEGIN
  INSERT INTO accounts (id, email) VALUES (p_id, p_id || '@simulated');
  INSERT INTO credit_accounts (account_id) VALUES (p_id);
  INSERT INTO api_keys (id, account_id, name, prefix, secret_hash)
  SELECT k, p_id, 'k', 'sk', sha256(k::text::bytea) FROM unnest(p_keys) k;
  INSERT INTO credit_grants (id, account_id, amount, kind) VALUES (v_grant, p_id, p_amount, 'gift');
  PERFORM credits_post(p_id, 'grant', p_amount, 0, NULL, v_grant, NULL);
END $$;
CREATE FUNCTION sim.publish_catalog() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_version integer;
BEGIN
  UPDATE catalog_versions SET superseded_at = sim.clock_timestamp() WHERE superseded_at IS NULL;
  INSERT INTO catalog_versions (version, document, source)
  SELECT coalesce(max(version), 0) + 1, '{}', 'simulated' FROM catalog_versions
  RETURNING version INTO v_version;
  RETURN v_version;
END $$;
`;

/** A database for any number of runs, one after the other. */
export class Session {
  private constructor(
    private readonly database: TestDatabase,
    readonly physical: PhysicalDatabase,
  ) {}

  /** @param mend changes the database before anything runs: how bugs are planted in its functions */
  static async open(
    mend: (database: TestDatabase) => Promise<void> = async () => undefined,
  ): Promise<Session> {
    const database = await createTestDatabase();
    await database.query(HARNESS);
    await mend(database);
    const physical = await PhysicalDatabase.connect(database.url);
    await physical.ask('SELECT sim.publish_catalog()');
    return new Session(database, physical);
  }

  /** The program's own check, over all runs of this database together. */
  async checkLedger(): Promise<string[]> {
    const query = <T>({ text, values = [] }: Sql) => this.physical.ask<T>(text, [...values]);
    const run = (work: (tx: Tx) => Promise<unknown>) => work({ query } as Tx);
    const report = await new LedgerCheck({ run } as unknown as UnitOfWork).run();
    return report.violations.map(({ rule, count }) => `check:ledger: ${rule} (${count})`);
  }

  async close(): Promise<void> {
    await this.physical.close();
    await this.database.drop();
  }
}
