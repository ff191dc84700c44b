import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Cancel, upstream tasks, late results, and the place in the queue. */
export class Tasks1764000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LATE_RESULTS);
    await runner.query(CANCEL);
    await runner.query(UPSTREAM_TASK);
    await runner.query(KEEP_LATE);
    await runner.query(QUEUE_PLACE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP FUNCTION relay_queue_place, relay_keep_late, relay_save_task, relay_cancel',
    );
    await runner.query('DROP TABLE late_results');
  }
}

/** Pictures that came after their generation had ended otherwise: kept a week, charged to nobody. */
const LATE_RESULTS = `
CREATE TABLE late_results (
  asset_id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  generation_id uuid NOT NULL,
  ordinal smallint NOT NULL,
  sha256 text NOT NULL,
  media_type text NOT NULL,
  width integer NOT NULL,
  height integer NOT NULL,
  bytes bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL DEFAULT clock_timestamp() + interval '7 days'
);
CREATE INDEX late_results_by_generation ON late_results (generation_id);
CREATE INDEX late_results_by_expiry ON late_results (expires_at);
`;

/**
 * Releases only while no attempt was sent: then the generation ends here and
 * now, whoever holds it (its token changes, so the holder is fenced off before
 * it could send). Afterwards the wish is recorded and the worker decides.
 *
 * Verdicts: canceled, requested, ended (it had ended before), missing.
 */
const CANCEL = `
CREATE FUNCTION relay_cancel(p_id uuid, p_account uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  g generations;
  v_token uuid := gen_random_uuid();
BEGIN
  PERFORM 1 FROM credit_accounts c WHERE c.account_id = p_account FOR UPDATE;
  SELECT * INTO g FROM generations x WHERE x.id = p_id AND x.account_id = p_account FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'missing';
  ELSIF g.finished_at IS NOT NULL THEN
    RETURN 'ended';
  END IF;
  PERFORM 1 FROM attempts a WHERE a.generation_id = p_id;
  IF FOUND THEN
    UPDATE generations x SET cancel_requested_at = coalesce(x.cancel_requested_at, clock_timestamp())
     WHERE x.id = p_id;
    RETURN 'requested';
  END IF;
  UPDATE generations x
     SET status = 'processing', worker_id = coalesce(x.worker_id, v_token), lease_token = v_token,
         cancel_requested_at = clock_timestamp()
   WHERE x.id = p_id;
  PERFORM relay_settle_one(p_id, v_token, 'canceled', NULL, NULL, NULL, NULL);
  RETURN 'canceled';
END $$;
`;

/** The id is saved before the first poll, so that the next node resumes instead of guessing. */
export const UPSTREAM_TASK = `
CREATE FUNCTION relay_save_task(p_id uuid, p_token uuid, p_attempt uuid, p_task text)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM generations x
   WHERE x.id = p_id AND x.status = 'processing' AND x.lease_token = p_token FOR SHARE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE attempts a SET upstream_task_id = p_task
   WHERE a.id = p_attempt AND a.generation_id = p_id;
  RETURN true;
END $$;
`;

/** p_assets as for settle. Only for a generation that ended, or is somebody else's, without them. */
const KEEP_LATE = `
CREATE FUNCTION relay_keep_late(p_id uuid, p_account uuid, p_assets jsonb) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_kept integer;
BEGIN
  INSERT INTO late_results (asset_id, account_id, generation_id, ordinal, sha256, media_type,
                            width, height, bytes)
  SELECT a.id, p_account, p_id, a.ordinal, a.sha256, a."mediaType", a.width, a.height, a.bytes
    FROM jsonb_to_recordset(p_assets) AS a(id uuid, ordinal smallint, sha256 text,
      "mediaType" text, width integer, height integer, bytes bigint)
   WHERE NOT EXISTS (SELECT 1 FROM assets x WHERE x.id = a.id)
  ON CONFLICT (asset_id) DO NOTHING;
  GET DIAGNOSTICS v_kept = ROW_COUNT;
  RETURN v_kept;
END $$;
`;

/**
 * How many pending generations go first (the fair order of claim: first of each
 * account before second of any), and how many a second were finished lately.
 */
export const QUEUE_PLACE = `
CREATE FUNCTION relay_queue_place(p_id uuid, OUT ahead integer, OUT per_second double precision)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  WITH queue AS (
    SELECT g.id, row_number() OVER (PARTITION BY g.account_id ORDER BY g.id) AS turn
      FROM generations g WHERE g.status = 'pending'
  ), mine AS (SELECT q.turn FROM queue q WHERE q.id = p_id)
  SELECT count(*)::integer INTO ahead FROM queue q, mine m
   WHERE q.turn < m.turn OR (q.turn = m.turn AND q.id < p_id);
  SELECT count(*) / 60.0 INTO per_second FROM attempts a
   WHERE a.finished_at > clock_timestamp() - interval '60 s';
END $$;
`;
