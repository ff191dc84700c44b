import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Settle and everything else that needs the lease: each statement is fenced by
 * the token, so a worker that was replaced changes nothing (design §2).
 */
export class Settle1764000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(STORE_ASSETS);
    await runner.query(CLOSE_ATTEMPT);
    await runner.query(LEAVE_COUNTERS);
    await runner.query(SETTLE_ONE);
    await runner.query(SETTLE);
    await runner.query(ALONG_THE_WAY);
    await runner.query(CLAIM);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP FUNCTION relay_claim, relay_next_attempt, relay_record_image, relay_settle,
         relay_settle_one, relay_leave_counters, relay_close_attempt, relay_store_assets`,
    );
  }
}

/** p_assets: [{id, ordinal, sha256, mediaType, width, height, bytes, credits, linkToken}]. */
export const STORE_ASSETS = `
CREATE FUNCTION relay_store_assets(
  p_account uuid, p_generation uuid, p_visibility text, p_assets jsonb
) RETURNS void LANGUAGE sql AS $$
  INSERT INTO assets (id, account_id, generation_id, ordinal, kind, sha256, media_type, width,
                      height, bytes, visibility, credits, link_token)
  SELECT a.id, p_account, p_generation, a.ordinal, 'output', a.sha256, a."mediaType", a.width,
         a.height, a.bytes, p_visibility, a.credits, a."linkToken"
    FROM jsonb_to_recordset(p_assets) AS a(id uuid, ordinal smallint, sha256 text,
      "mediaType" text, width integer, height integer, bytes bigint, credits bigint,
      "linkToken" text)
  ON CONFLICT (id) DO NOTHING
$$;
`;

/** p_attempt: {id, state, failure, httpStatus, detail, images, cost}; null when there was none. */
export const CLOSE_ATTEMPT = `
CREATE FUNCTION relay_close_attempt(p_generation uuid, p_attempt jsonb) RETURNS void
LANGUAGE sql AS $$
  UPDATE attempts a
     SET state = p_attempt ->> 'state', failure = p_attempt ->> 'failure',
         http_status = (p_attempt ->> 'httpStatus')::integer, detail = p_attempt ->> 'detail',
         images = coalesce((p_attempt ->> 'images')::integer, 0),
         cost = nullif(p_attempt -> 'cost', 'null'), finished_at = clock_timestamp()
   WHERE a.id = (p_attempt ->> 'id')::uuid AND a.generation_id = p_generation AND a.state = 'sent'
$$;
`;

const LEAVE_COUNTERS = `
CREATE FUNCTION relay_leave_counters(g generations, p_images integer, p_captured bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
  v_month date := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date;
  v_count integer := CASE WHEN g.mode = 'demo' THEN 0 ELSE g.count END;
  v_images integer := CASE WHEN g.mode = 'demo' THEN 0 ELSE p_images END;
BEGIN
  IF g.mode <> 'test' THEN
    UPDATE account_counters c
       SET in_flight = c.in_flight - 1, images_in_flight = c.images_in_flight - v_count,
           credits_in_flight = c.credits_in_flight - g.hold_credits,
           day = v_today, month = v_month,
           images_day = CASE WHEN c.day = v_today THEN c.images_day ELSE 0 END + v_images,
           credits_day = CASE WHEN c.day = v_today THEN c.credits_day ELSE 0 END + p_captured,
           credits_month = CASE WHEN c.month = v_month THEN c.credits_month ELSE 0 END + p_captured
     WHERE c.account_id = g.account_id;
  END IF;
  UPDATE key_counters c
     SET in_flight = c.in_flight - 1, images_in_flight = c.images_in_flight - v_count,
         credits_in_flight = c.credits_in_flight - g.hold_credits,
         day = v_today, month = v_month,
         images_day = CASE WHEN c.day = v_today THEN c.images_day ELSE 0 END + v_images,
         credits_day = CASE WHEN c.day = v_today THEN c.credits_day ELSE 0 END + p_captured,
         credits_month = CASE WHEN c.month = v_month THEN c.credits_month ELSE 0 END + p_captured
   WHERE c.key_id = g.api_key_id;
END $$;
`;

/**
 * The outcome follows from what is stored: with one image row or more the
 * generation succeeded and captures their sum, otherwise it ends as p_status
 * (failed or canceled) and releases all. A failure that the client may safely
 * retry frees its Idempotency-Key.
 */
export const SETTLE_ONE = `
CREATE FUNCTION relay_settle_one(
  p_id uuid, p_token uuid, p_status text, p_assets jsonb, p_error jsonb, p_usage jsonb,
  p_attempt jsonb
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  g generations;
  v_images integer;
  v_captured bigint;
BEGIN
  SELECT * INTO g FROM generations x WHERE x.id = p_id FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'missing';
  ELSIF g.lease_token IS DISTINCT FROM p_token THEN
    RETURN 'fenced';
  ELSIF g.status <> 'processing' THEN
    RETURN 'ok';
  END IF;
  PERFORM relay_store_assets(g.account_id, g.id, g.visibility, coalesce(p_assets, '[]'));
  SELECT count(*), coalesce(sum(a.credits), 0) INTO v_images, v_captured
    FROM assets a WHERE a.generation_id = g.id AND a.kind = 'output';
  IF v_images = 0 AND p_status NOT IN ('failed', 'canceled') THEN
    RAISE EXCEPTION 'generation % cannot succeed without an image', p_id
      USING ERRCODE = 'check_violation';
  END IF;
  IF g.mode = 'live' THEN
    PERFORM credits_close(g.id, v_captured,
      CASE WHEN v_images > 0 THEN 'captured' ELSE 'released' END);
  END IF;
  UPDATE generations x
     SET status = CASE WHEN v_images > 0 THEN 'succeeded' ELSE p_status END, images = v_images,
         captured = v_captured, finished_at = clock_timestamp(), usage = p_usage,
         error = CASE WHEN v_images > 0 THEN NULL ELSE p_error END
   WHERE x.id = p_id;
  PERFORM relay_leave_counters(g, v_images, v_captured);
  PERFORM relay_close_attempt(g.id, p_attempt);
  IF v_images = 0 AND coalesce((p_error ->> 'retryable')::boolean, false) THEN
    DELETE FROM idempotency_keys k WHERE k.generation_id = g.id;
  END IF;
  RETURN 'ok';
END $$;
`;

/** Verdict per item: ok (also when this very lease settled it before), fenced, missing. */
export const SETTLE = `
CREATE FUNCTION relay_settle(
  p_ids uuid[], p_accounts uuid[], p_tokens uuid[], p_statuses text[], p_assets jsonb[],
  p_errors jsonb[], p_usages jsonb[], p_attempts jsonb[]
) RETURNS TABLE (ord integer, verdict text)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
BEGIN
  PERFORM 1 FROM credit_accounts c WHERE c.account_id = ANY (p_accounts)
    ORDER BY c.account_id FOR UPDATE;
  FOR i IN 1 .. cardinality(p_ids) LOOP
    ord := i;
    verdict := relay_settle_one(p_ids[i], p_tokens[i], p_statuses[i], p_assets[i], p_errors[i],
      p_usages[i], p_attempts[i]);
    RETURN NEXT;
  END LOOP;
END $$;
`;

const ALONG_THE_WAY = `
-- An image of a fan-out is recorded as it is stored, so that recovery settles what is there.
CREATE FUNCTION relay_record_image(p_id uuid, p_token uuid, p_asset jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  g generations;
BEGIN
  SELECT * INTO g FROM generations x
   WHERE x.id = p_id AND x.status = 'processing' AND x.lease_token = p_token FOR SHARE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM relay_store_assets(g.account_id, g.id, g.visibility, jsonb_build_array(p_asset));
  RETURN true;
END $$;

-- Closes the attempt before it (if any) and writes the next one before any byte leaves.
CREATE FUNCTION relay_next_attempt(
  p_id uuid, p_token uuid, p_previous jsonb, p_attempt uuid, p_upstream text
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM generations x
   WHERE x.id = p_id AND x.status = 'processing' AND x.lease_token = p_token FOR SHARE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM relay_close_attempt(p_id, p_previous);
  INSERT INTO attempts (id, generation_id, ordinal, upstream)
  SELECT p_attempt, p_id, coalesce(max(a.ordinal), 0) + 1, p_upstream
    FROM attempts a WHERE a.generation_id = p_id
  ON CONFLICT (id) DO NOTHING;
  RETURN true;
END $$;
`;

/**
 * Takes generations nobody works on: pending ones of models with room here, and
 * (p_reap) those whose worker's lease has run out by this database's clock. First of each account
 * before second of any, so that a long queue starves nobody. What an earlier
 * holder had sent and not finished is unknown from here on, unless the upstream
 * has a task that can be asked after.
 */
export const CLAIM = `
CREATE FUNCTION relay_claim(p_worker uuid, p_limit integer, p_reap boolean, p_models text[])
RETURNS TABLE (id uuid, abandoned boolean) LANGUAGE plpgsql AS $$
DECLARE
  v_row record;
BEGIN
  FOR v_row IN
    SELECT o.id, o.status FROM (
      SELECT g.id, g.status, row_number() OVER (PARTITION BY g.account_id ORDER BY g.id) AS turn
        FROM generations g
       WHERE (g.status = 'pending' AND g.model = ANY (p_models))
          OR (p_reap AND g.status = 'processing' AND NOT EXISTS (
               SELECT 1 FROM workers w
                WHERE w.id = g.worker_id AND w.lease_until >= clock_timestamp()))
    ) o ORDER BY o.turn, o.id LIMIT p_limit * 4
  LOOP
    EXIT WHEN p_limit = 0;
    PERFORM 1 FROM generations g
      WHERE g.id = v_row.id AND g.status = v_row.status
        AND (g.status = 'pending' OR NOT EXISTS (
               SELECT 1 FROM workers w
                WHERE w.id = g.worker_id AND w.lease_until >= clock_timestamp()))
      FOR UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    UPDATE generations g
       SET status = 'processing', worker_id = p_worker, lease_token = gen_random_uuid(),
           started_at = coalesce(g.started_at, clock_timestamp())
     WHERE g.id = v_row.id;
    UPDATE attempts a SET state = 'unknown', finished_at = clock_timestamp()
     WHERE a.generation_id = v_row.id AND a.state = 'sent' AND a.upstream_task_id IS NULL;
    id := v_row.id;
    abandoned := v_row.status = 'processing';
    p_limit := p_limit - 1;
    RETURN NEXT;
  END LOOP;
END $$;
`;
