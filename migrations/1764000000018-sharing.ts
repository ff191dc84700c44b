import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What share pages show, what the operator takes down, and who did what. */
export class Sharing1764000000018 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SHOWN_PROMPTS);
    await runner.query(TAKEDOWNS);
    await runner.query(AUDIT_LOG);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit_log, shown_prompts');
    await runner.query('DROP FUNCTION audit_log_refuse_change()');
    await runner.query('DROP INDEX assets_by_hash');
    await runner.query(`DELETE FROM change_versions WHERE topic = 'blocked_hashes'`);
  }
}

/** A share page says what was asked for only where the owner wants it to: a row is that wish. */
const SHOWN_PROMPTS = `
CREATE TABLE shown_prompts (
  generation_id uuid PRIMARY KEY,
  shown_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
`;

/** A takedown finds the same bytes wherever they are kept; nodes keep the list in memory. */
const TAKEDOWNS = `
CREATE INDEX assets_by_hash ON assets (sha256);
INSERT INTO change_versions (topic) VALUES ('blocked_hashes');
`;

/** Append-only, by trigger: the application's role may write to every table. */
const AUDIT_LOG = `
CREATE TABLE audit_log (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}'
);

CREATE FUNCTION audit_log_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION audit_log_refuse_change();
CREATE TRIGGER audit_log_never_emptied BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change();
`;
