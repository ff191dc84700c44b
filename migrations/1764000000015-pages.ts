import type { MigrationInterface, QueryRunner } from 'typeorm';
import { POST } from './1764000000001-ledger.js';

/**
 * Numbers what customers page through by offset, so that a page and the total are
 * found without counting (docs/surfaces.md): the lines of a statement, and the
 * generations that a surface which lists by offset has delivered.
 */
export class Pages1764000000015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(STATEMENT_LINES);
    await runner.query(NUMBER_THE_JOURNAL);
    await runner.query(POST_WITH_LINES);
    await runner.query(GENERATION_LINES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER generations_get_a_line ON generations');
    await runner.query('DROP FUNCTION generation_lines_add()');
    await runner.query('DROP TABLE generation_lines');
    await runner.query(POST.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION'));
    await runner.query('ALTER TABLE credit_entries DROP COLUMN statement_line');
    await runner.query('ALTER TABLE credit_accounts DROP COLUMN statement_lines');
  }
}

/**
 * An entry carries how many lines of its account's statement there are up to and
 * with it; a capture is no line, so it carries the number before it. Only every
 * 64th line is indexed: a page starts at the next one above it, and the journal's
 * other indexes lead from there. So a line costs accept next to nothing.
 */
const STATEMENT_LINES = `
ALTER TABLE credit_accounts ADD COLUMN statement_lines bigint NOT NULL DEFAULT 0;
ALTER TABLE credit_entries ADD COLUMN statement_line bigint;
CREATE INDEX credit_entries_milestones ON credit_entries (account_id, statement_line)
  WHERE statement_line % 64 = 0 AND kind <> 'capture';
`;

/** The one time that lines are touched: what they say stays as it is. */
const NUMBER_THE_JOURNAL = `
ALTER TABLE credit_entries DISABLE TRIGGER credit_entries_immutable;
UPDATE credit_entries e SET statement_line = n.line
  FROM (SELECT id, count(*) FILTER (WHERE kind <> 'capture')
                     OVER (PARTITION BY account_id ORDER BY seq) AS line
          FROM credit_entries) n
 WHERE e.id = n.id;
ALTER TABLE credit_entries ENABLE TRIGGER credit_entries_immutable;
UPDATE credit_accounts c SET statement_lines = n.lines
  FROM (SELECT account_id, count(*) AS lines FROM credit_entries
         WHERE kind <> 'capture' GROUP BY account_id) n
 WHERE n.account_id = c.account_id;
`;

const POST_WITH_LINES = `
CREATE OR REPLACE FUNCTION credits_post(
  p_account uuid, p_kind text, p_available bigint, p_held bigint,
  p_generation uuid, p_source uuid, p_reason text,
  OUT available_after bigint, OUT held_after bigint
) LANGUAGE plpgsql AS $$
DECLARE
  v_seq bigint;
  v_line bigint;
BEGIN
  UPDATE credit_accounts c
     SET available = c.available + p_available, held = c.held + p_held, next_seq = c.next_seq + 1,
         statement_lines = c.statement_lines + CASE WHEN p_kind = 'capture' THEN 0 ELSE 1 END
   WHERE c.account_id = p_account
  RETURNING c.available, c.held, c.next_seq - 1, c.statement_lines
       INTO available_after, held_after, v_seq, v_line;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no credit account %', p_account USING ERRCODE = 'foreign_key_violation';
  END IF;
  INSERT INTO credit_entries (id, account_id, seq, kind, available_delta, held_delta,
                              available_after, held_after, generation_id, source_id, reason,
                              statement_line)
  VALUES (easel_uuid7(), p_account, v_seq, p_kind, p_available, p_held,
          available_after, held_after, p_generation, p_source, p_reason, v_line);
END $$;
`;

/**
 * Settle has locked the account's row, so of two deliveries one counts after the
 * other. Other surfaces page by cursor and pay nothing for this.
 */
const GENERATION_LINES = `
CREATE TABLE generation_lines (
  account_id uuid NOT NULL,
  surface text NOT NULL,
  line bigint NOT NULL CHECK (line > 0),
  generation_id uuid NOT NULL,
  CONSTRAINT generation_lines_numbered_once PRIMARY KEY (account_id, surface, line)
);

CREATE FUNCTION generation_lines_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO generation_lines (account_id, surface, line, generation_id)
  SELECT NEW.account_id, NEW.surface, coalesce(max(l.line), 0) + 1, NEW.id
    FROM generation_lines l
   WHERE l.account_id = NEW.account_id AND l.surface = NEW.surface;
  RETURN NULL;
END $$;
CREATE TRIGGER generations_get_a_line AFTER UPDATE OF status ON generations
  FOR EACH ROW WHEN (NEW.surface = 'rest-images' AND NEW.status = 'succeeded'
                     AND OLD.status <> 'succeeded')
  EXECUTE FUNCTION generation_lines_add();
`;
