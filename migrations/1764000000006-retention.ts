import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What may go, and when (docs/retention.md): pictures lose their bytes and keep
 * their rows, prompts leave what a receipt needs, and nothing of the ledger
 * ever goes. Partitions are made by a way that also serves a month whose first
 * rows lie in the default partition already.
 */
export class Retention1764000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ASSETS);
    await runner.query(TEST_PICTURES);
    await runner.query(ORPHANS);
    await runner.query(SCRUB);
    await runner.query(SCRUB_MONTH);
    await runner.query(MAKE_PARTITION);
    await runner.query('DROP FUNCTION easel_ensure_partitions(integer)');
    await runner.query(ENSURE_PARTITIONS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION easel_ensure_partitions(text, integer)');
    await runner.query(ENSURE_PARTITIONS_BEFORE);
    await runner.query(
      'DROP FUNCTION easel_make_partition, easel_scrub_inputs_month, easel_scrub_input',
    );
    await runner.query('DROP TABLE orphan_objects');
    await runner.query('DROP TRIGGER generations_expire_test_pictures ON generations');
    await runner.query('DROP FUNCTION generations_expire_test_pictures');
    await runner.query('DROP INDEX assets_expiring, assets_to_purge');
    await runner.query('ALTER TABLE assets DROP COLUMN purged_at, DROP COLUMN expires_at');
  }
}

/**
 * expires_at: when it is marked as deleted, unless somebody takes the date away
 * before: a day for pictures of test keys, an hour for an input that no
 * generation uses yet. purged_at: its object is gone from the store. The indexes
 * hold only what a sweep still has to do.
 */
const ASSETS = `
ALTER TABLE assets
  ADD COLUMN expires_at timestamptz,
  ADD COLUMN purged_at timestamptz,
  ADD CONSTRAINT assets_purge_only_what_is_gone
    CHECK (purged_at IS NULL OR deleted_at IS NOT NULL OR removed_at IS NOT NULL);
CREATE INDEX assets_expiring ON assets (expires_at)
  WHERE expires_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX assets_to_purge ON assets (id)
  WHERE purged_at IS NULL AND (deleted_at IS NOT NULL OR removed_at IS NOT NULL);
`;

/** A trigger that only test mode fires: live settlements pay for one comparison. */
const TEST_PICTURES = `
CREATE FUNCTION generations_expire_test_pictures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE assets a SET expires_at = NEW.finished_at + interval '24 h'
   WHERE a.generation_id = NEW.id AND a.kind = 'output';
  RETURN NULL;
END $$;
CREATE TRIGGER generations_expire_test_pictures AFTER UPDATE OF status ON generations
  FOR EACH ROW
  WHEN (NEW.mode = 'test' AND NEW.status = 'succeeded' AND OLD.status <> 'succeeded')
  EXECUTE FUNCTION generations_expire_test_pictures();
UPDATE assets a SET expires_at = g.finished_at + interval '24 h'
  FROM generations g
 WHERE g.id = a.generation_id AND g.mode = 'test' AND g.status = 'succeeded' AND a.kind = 'output';
`;

/**
 * Objects that were seen in the store while no row named them. UNLOGGED: they
 * are seen again after a crash, and no backup may carry an old sighting.
 */
const ORPHANS = `
CREATE UNLOGGED TABLE orphan_objects (
  asset_id uuid NOT NULL,
  account_id uuid NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (asset_id, account_id)
);
`;

/**
 * What customers wrote goes; what answers and receipts are made of stays, and how
 * long the prompt was, because estimated tokens count it.
 */
export const SCRUB = `
CREATE FUNCTION easel_scrub_input(p_request jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT (CASE WHEN p_request ->> 'prompt' <> ''
            THEN p_request || jsonb_build_object(
                   'prompt', '', 'promptBytes', octet_length(p_request ->> 'prompt'))
            ELSE p_request END) #- '{parameters,user}'
$$;
`;

/**
 * Replaces the partition of one month by a copy without prompts: gives the space
 * back and leaves no old row versions on the disk. Runs with the owner's
 * rights and takes no argument: which month is decided here, from the setting
 * that the operator made. Only months that lie wholly beyond it, whose
 * generations have all ended, each once (the comment says so).
 *
 * Answers the partition's name, or null when there is nothing to do or somebody
 * (a backup) holds the table. The copy hinders nobody; the exchange locks the
 * table for a moment, and waits for that no longer than lock_timeout.
 */
const SCRUB_MONTH = `
CREATE FUNCTION easel_scrub_inputs_month() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '300ms' AS $$
DECLARE
  v_name text;
  v_copy text;
  v_from uuid;
  v_to uuid;
BEGIN
  IF NOT pg_try_advisory_xact_lock(7274610003) THEN
    RETURN NULL;
  END IF;
  SELECT m.name, m.from_id, m.to_id INTO v_name, v_from, v_to
    FROM settings s
    CROSS JOIN LATERAL (
      SELECT c.relname::text AS name, to_date(right(c.relname, 6), 'YYYYMM') AS month, c.oid
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'generation_inputs'::regclass
         AND c.relname ~ '^generation_inputs_[0-9]{6}$') p
    CROSS JOIN LATERAL (
      SELECT p.name, easel_month_bound(p.month) AS from_id,
             easel_month_bound((p.month + interval '1 month')::date) AS to_id) m
   WHERE s.key = 'retention_inputs_days' AND s.value ~ '^[1-9][0-9]{0,4}$'
     AND p.month + interval '1 month' + make_interval(days => s.value::integer)
         <= now() AT TIME ZONE 'UTC'
     AND obj_description(p.oid, 'pg_class') IS DISTINCT FROM 'without prompts'
     AND NOT EXISTS (SELECT 1 FROM generations g
                      WHERE g.id >= m.from_id AND g.id < m.to_id
                        AND g.status IN ('pending', 'processing'))
   ORDER BY p.month LIMIT 1;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  v_copy := v_name || '_copy';
  -- Keeps writers out, of which an old month has none, and has a vacuum step aside (after 1 s).
  PERFORM set_config('lock_timeout', '5s', true);
  EXECUTE format('LOCK TABLE %I IN SHARE MODE', v_name);
  EXECUTE format('CREATE TABLE %I (LIKE generation_inputs INCLUDING ALL)', v_copy);
  EXECUTE format('INSERT INTO %I (generation_id, request, request_id)
                  SELECT generation_id, easel_scrub_input(request), request_id FROM %I',
                 v_copy, v_name);
  EXECUTE format('ALTER TABLE %I ADD CONSTRAINT within_month CHECK (generation_id >= %L AND generation_id < %L)',
                 v_copy, v_from, v_to);
  PERFORM set_config('lock_timeout', '300ms', true);
  EXECUTE format('DROP TABLE %I', v_name);
  EXECUTE format('ALTER TABLE %I RENAME TO %I', v_copy, v_name);
  EXECUTE format('ALTER INDEX %I RENAME TO %I', v_copy || '_pkey', v_name || '_pkey');
  EXECUTE format('ALTER TABLE generation_inputs ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                 v_name, v_from, v_to);
  EXECUTE format('ALTER TABLE %I DROP CONSTRAINT within_month', v_name);
  EXECUTE format('COMMENT ON TABLE %I IS %L', v_name, 'without prompts');
  RETURN v_name;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION easel_scrub_inputs_month() FROM PUBLIC;
`;

/**
 * Makes one month and moves what a node with a wild clock, or a month that was
 * not made in time, has left in the default partition. Attaching a table made
 * beforehand locks the default partition alone, not the table that accept writes;
 * and it is locked first and in full, so that there is no deadlock to be had.
 *
 * The journal refuses DELETE, also to its owner. Its trigger is off for this
 * one partition while it is locked against everybody else, and the rows are
 * counted on both sides.
 */
const MAKE_PARTITION = `
CREATE FUNCTION easel_make_partition(p_parent text, p_month date) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_name text := format('%s_%s', p_parent, to_char(p_month, 'YYYYMM'));
  v_default text := p_parent || '_default';
  v_key text := CASE p_parent WHEN 'generation_inputs' THEN 'generation_id' ELSE 'id' END;
  v_from uuid := easel_month_bound(p_month);
  v_to uuid := easel_month_bound((p_month + interval '1 month')::date);
  v_rows bigint;
  v_moved bigint := 0;
  v_deleted bigint := 0;
BEGIN
  EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', v_default);
  EXECUTE format('SELECT count(*) FROM %I WHERE %I >= $1 AND %I < $2', v_default, v_key, v_key)
    INTO v_rows USING v_from, v_to;
  IF v_rows > 10000 THEN
    RAISE EXCEPTION 'the default partition holds % rows of this month, too many to move', v_rows;
  END IF;
  IF p_parent = 'generations' AND EXISTS (
      SELECT 1 FROM generations_default g WHERE g.id >= v_from AND g.id < v_to
         AND g.status IN ('pending', 'processing')) THEN
    RAISE EXCEPTION 'the default partition holds unfinished generations of this month';
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', v_name, p_parent);
  IF v_rows > 0 THEN
    EXECUTE format('INSERT INTO %I SELECT * FROM %I WHERE %I >= $1 AND %I < $2',
                   v_name, v_default, v_key, v_key) USING v_from, v_to;
    GET DIAGNOSTICS v_moved = ROW_COUNT;
    IF p_parent = 'credit_entries' THEN
      ALTER TABLE credit_entries_default DISABLE TRIGGER credit_entries_immutable;
    END IF;
    EXECUTE format('DELETE FROM %I WHERE %I >= $1 AND %I < $2', v_default, v_key, v_key)
      USING v_from, v_to;
    GET DIAGNOSTICS v_deleted = ROW_COUNT;
    IF p_parent = 'credit_entries' THEN
      ALTER TABLE credit_entries_default ENABLE TRIGGER credit_entries_immutable;
    END IF;
    IF (v_moved, v_deleted) IS DISTINCT FROM (v_rows, v_rows) THEN
      RAISE EXCEPTION '% rows found, % moved, % deleted', v_rows, v_moved, v_deleted;
    END IF;
  END IF;
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                 p_parent, v_name, v_from, v_to);
  RETURN v_moved;
END $$;
REVOKE EXECUTE ON FUNCTION easel_make_partition(text, date) FROM PUBLIC;
`;

/**
 * This month and the next ones of one table; tables in transactions of their own
 * lock nothing of each other. One row per month that was missing; one that
 * cannot be made keeps no other from being made.
 */
const ENSURE_PARTITIONS = `
CREATE FUNCTION easel_ensure_partitions(p_parent text, p_months integer)
RETURNS TABLE (name text, moved bigint, problem text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '300ms' AS $$
DECLARE
  v_month date;
BEGIN
  IF p_parent NOT IN ('generations', 'generation_inputs', 'credit_entries') THEN
    RAISE EXCEPTION '% has no partitions of ours', p_parent USING ERRCODE = 'undefined_table';
  END IF;
  IF NOT pg_try_advisory_xact_lock(7274610002) THEN
    RETURN;
  END IF;
  FOR i IN 0 .. p_months LOOP
    v_month := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i))::date;
    name := format('%s_%s', p_parent, to_char(v_month, 'YYYYMM'));
    CONTINUE WHEN to_regclass(name) IS NOT NULL;
    problem := NULL;
    BEGIN
      moved := easel_make_partition(p_parent, v_month);
    EXCEPTION WHEN OTHERS THEN
      moved := 0;
      problem := SQLERRM;
    END;
    RETURN NEXT;
  END LOOP;
END $$;
`;

const ENSURE_PARTITIONS_BEFORE = `
CREATE FUNCTION easel_ensure_partitions(p_months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  v_parent text;
  v_month date;
  v_name text;
  v_made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7274610002);
  FOREACH v_parent IN ARRAY ARRAY['generations', 'generation_inputs', 'credit_entries'] LOOP
    FOR i IN 0 .. p_months LOOP
      v_month := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => i))::date;
      v_name := format('%s_%s', v_parent, to_char(v_month, 'YYYYMM'));
      CONTINUE WHEN to_regclass(v_name) IS NOT NULL;
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
        v_name, v_parent, easel_month_bound(v_month),
        easel_month_bound((v_month + interval '1 month')::date));
      v_made := v_made + 1;
    END LOOP;
  END LOOP;
  RETURN v_made;
END $$;
`;
