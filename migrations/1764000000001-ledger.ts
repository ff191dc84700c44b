import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The ledger (docs/ledger.md): two numbers per account, an append-only journal
 * they can be rebuilt from, and the rules as constraints. Amounts are
 * thousandths of a credit.
 */
export class Ledger1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(BALANCES);
    await runner.query(JOURNAL);
    await runner.query(JOURNAL_IS_APPEND_ONLY);
    await runner.query(HOLDS);
    await runner.query(HOLDS_CLOSE_ONCE);
    await runner.query(SOURCES);
    await runner.query(POST);
    await runner.query(HOLD_AND_CLOSE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION credits_close, credits_hold, credits_post');
    await runner.query(
      'DROP TABLE credit_refunds, credit_adjustments, credit_grants, credit_holds, credit_entries, credit_accounts',
    );
    await runner.query('DROP FUNCTION credit_entries_refuse_change, credit_holds_refuse_reopen');
  }
}

const BALANCES = `
CREATE TABLE credit_accounts (
  account_id uuid PRIMARY KEY REFERENCES accounts (id),
  available bigint NOT NULL DEFAULT 0,
  held bigint NOT NULL DEFAULT 0,
  next_seq bigint NOT NULL DEFAULT 1,
  CONSTRAINT credit_accounts_not_negative CHECK (available >= 0 AND held >= 0),
  CONSTRAINT credit_accounts_exact_on_the_wire CHECK (available + held <= 9007199254740991)
) WITH (fillfactor = 50);
`;

const JOURNAL = `
CREATE TABLE credit_entries (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  seq bigint NOT NULL,
  kind text NOT NULL,
  available_delta bigint NOT NULL,
  held_delta bigint NOT NULL,
  available_after bigint NOT NULL,
  held_after bigint NOT NULL,
  generation_id uuid,
  source_id uuid,
  reason text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT credit_entries_never_below_zero CHECK (available_after >= 0 AND held_after >= 0),
  CONSTRAINT credit_entries_move_as_named CHECK (
    CASE kind
      WHEN 'grant' THEN available_delta > 0 AND held_delta = 0
      WHEN 'hold' THEN held_delta > 0 AND available_delta = -held_delta
      WHEN 'capture' THEN held_delta < 0 AND available_delta = 0
      WHEN 'release' THEN available_delta > 0 AND held_delta = -available_delta
      WHEN 'refund' THEN available_delta > 0 AND held_delta = 0
      WHEN 'adjustment' THEN available_delta < 0 AND held_delta = 0
      ELSE false
    END),
  CONSTRAINT credit_entries_name_their_generation CHECK (
    (kind IN ('hold', 'capture', 'release', 'refund')) = (generation_id IS NOT NULL))
) PARTITION BY RANGE (id);
CREATE INDEX credit_entries_statement ON credit_entries (account_id, seq DESC);
CREATE INDEX credit_entries_by_generation ON credit_entries (generation_id)
  WHERE generation_id IS NOT NULL;
CREATE TABLE credit_entries_default PARTITION OF credit_entries DEFAULT;
`;

/** The application role has no UPDATE or DELETE on the journal; this stops its owner too. */
const JOURNAL_IS_APPEND_ONLY = `
CREATE FUNCTION credit_entries_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'journal entries are immutable: correct them with a new entry'
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER credit_entries_immutable BEFORE UPDATE OR DELETE ON credit_entries
  FOR EACH ROW EXECUTE FUNCTION credit_entries_refuse_change();
CREATE TRIGGER credit_entries_not_truncated BEFORE TRUNCATE ON credit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION credit_entries_refuse_change();
`;

const HOLDS = `
CREATE TABLE credit_holds (
  generation_id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  state text NOT NULL DEFAULT 'open',
  captured bigint NOT NULL DEFAULT 0 CHECK (captured >= 0),
  released bigint NOT NULL DEFAULT 0 CHECK (released >= 0),
  refunded bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  closed_at timestamptz,
  CONSTRAINT credit_holds_close_in_full CHECK (
    CASE state
      WHEN 'open' THEN captured = 0 AND released = 0 AND closed_at IS NULL
      WHEN 'captured' THEN captured + released = amount AND closed_at IS NOT NULL
      WHEN 'released' THEN captured = 0 AND released = amount AND closed_at IS NOT NULL
      ELSE false
    END),
  CONSTRAINT credit_holds_refund_within_capture CHECK (refunded BETWEEN 0 AND captured)
) WITH (fillfactor = 80);
CREATE INDEX credit_holds_open ON credit_holds (account_id) WHERE state = 'open';
`;

const HOLDS_CLOSE_ONCE = `
CREATE FUNCTION credit_holds_refuse_reopen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'hold % is closed already', OLD.generation_id
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER credit_holds_close_once BEFORE UPDATE ON credit_holds
  FOR EACH ROW
  WHEN (OLD.state <> 'open' AND (NEW.state, NEW.captured, NEW.released, NEW.amount)
        IS DISTINCT FROM (OLD.state, OLD.captured, OLD.released, OLD.amount))
  EXECUTE FUNCTION credit_holds_refuse_reopen();
`;

const SOURCES = `
CREATE TABLE credit_grants (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES accounts (id),
  amount bigint NOT NULL CHECK (amount > 0),
  kind text NOT NULL CHECK (kind IN ('paid', 'gift', 'code', 'correction')),
  reference text,
  reason text,
  money_amount numeric(18, 6),
  currency text,
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT credit_grants_reference_counts_once UNIQUE (account_id, reference)
);
CREATE TABLE credit_adjustments (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES accounts (id),
  requested bigint NOT NULL CHECK (requested > 0),
  applied bigint NOT NULL CHECK (applied BETWEEN 0 AND requested),
  reference text NOT NULL,
  reason text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT credit_adjustments_reference_counts_once UNIQUE (account_id, reference)
);
CREATE TABLE credit_refunds (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES accounts (id),
  generation_id uuid NOT NULL REFERENCES credit_holds (generation_id),
  amount bigint NOT NULL CHECK (amount > 0),
  reference text NOT NULL,
  reason text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT credit_refunds_reference_counts_once UNIQUE (generation_id, reference)
);
`;

/** The one place that changes a balance: account row and journal line together. */
export const POST = `
CREATE FUNCTION credits_post(
  p_account uuid, p_kind text, p_available bigint, p_held bigint,
  p_generation uuid, p_source uuid, p_reason text,
  OUT available_after bigint, OUT held_after bigint
) LANGUAGE plpgsql AS $$
DECLARE
  v_seq bigint;
BEGIN
  UPDATE credit_accounts c
     SET available = c.available + p_available, held = c.held + p_held, next_seq = c.next_seq + 1
   WHERE c.account_id = p_account
  RETURNING c.available, c.held, c.next_seq - 1 INTO available_after, held_after, v_seq;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no credit account %', p_account USING ERRCODE = 'foreign_key_violation';
  END IF;
  INSERT INTO credit_entries (id, account_id, seq, kind, available_delta, held_delta,
                              available_after, held_after, generation_id, source_id, reason)
  VALUES (easel_uuid7(), p_account, v_seq, p_kind, p_available, p_held,
          available_after, held_after, p_generation, p_source, p_reason);
END $$;
`;

/**
 * Both expect the account row to be locked by the caller. A hold of 0 has a row
 * but no journal line: a line records a movement.
 */
const HOLD_AND_CLOSE = `
CREATE FUNCTION credits_hold(p_account uuid, p_generation uuid, p_amount bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM credit_accounts c WHERE c.account_id = p_account AND c.available >= p_amount;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO credit_holds (generation_id, account_id, amount)
  VALUES (p_generation, p_account, p_amount);
  IF p_amount > 0 THEN
    PERFORM credits_post(p_account, 'hold', -p_amount, p_amount, p_generation, NULL, NULL);
  END IF;
  RETURN true;
END $$;

CREATE FUNCTION credits_close(p_generation uuid, p_captured bigint, p_state text, OUT released bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_hold credit_holds;
BEGIN
  SELECT * INTO STRICT v_hold FROM credit_holds h
   WHERE h.generation_id = p_generation FOR UPDATE;
  IF v_hold.state <> 'open' THEN
    RAISE EXCEPTION 'hold % is closed already', p_generation USING ERRCODE = 'restrict_violation';
  END IF;
  IF p_captured > v_hold.amount THEN
    RAISE EXCEPTION 'cannot capture % of a hold of %', p_captured, v_hold.amount
      USING ERRCODE = 'check_violation';
  END IF;
  released := v_hold.amount - p_captured;
  UPDATE credit_holds h
     SET state = p_state, captured = p_captured, released = credits_close.released,
         closed_at = clock_timestamp()
   WHERE h.generation_id = p_generation;
  IF p_captured > 0 THEN
    PERFORM credits_post(v_hold.account_id, 'capture', 0, -p_captured, p_generation, NULL, NULL);
  END IF;
  IF released > 0 THEN
    PERFORM credits_post(v_hold.account_id, 'release', released, -released, p_generation, NULL, NULL);
  END IF;
END $$;
`;
