import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Accept: generation, hold, counters, idempotency key and first attempt in one
 * call over arrays (design §2). Account rows are locked in id order first and
 * everything else is read after that lock, so no decision rests on a stale
 * snapshot. Idempotent by generation id: an unknown commit is answered by
 * calling again.
 */
export class Accept1764000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(GATE);
    await runner.query(LIMIT_OF_COUNTERS);
    await runner.query(LIMITS);
    await runner.query(IDEMPOTENCY);
    await runner.query(INSERT_ONE);
    await runner.query(ACCEPT);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP FUNCTION relay_accept, relay_insert, relay_bound_key, relay_limits, relay_limit_of, relay_gate',
    );
  }
}

/** May this key still spend, and is the price it was quoted still in force? */
const GATE = `
CREATE FUNCTION relay_gate(p_account uuid, p_key uuid, p_catalog integer) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_status text;
  v_superseded timestamptz;
BEGIN
  SELECT a.status INTO v_status FROM accounts a WHERE a.id = p_account;
  IF v_status IS DISTINCT FROM 'active' THEN
    RETURN 'account_suspended';
  END IF;
  IF p_key IS NOT NULL THEN
    PERFORM 1 FROM api_keys k
      WHERE k.id = p_key AND k.account_id = p_account AND k.revoked_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp());
    IF NOT FOUND THEN
      RETURN 'key_revoked';
    END IF;
  END IF;
  SELECT v.superseded_at INTO v_superseded FROM catalog_versions v WHERE v.version = p_catalog;
  IF NOT FOUND OR v_superseded < clock_timestamp() - interval '5 s' THEN
    RETURN 'catalog_superseded';
  END IF;
  RETURN NULL;
END $$;
`;

/**
 * One set of counters against one set of caps: concurrency, images per day,
 * credits per day, credits per month. Work in flight counts as if it succeeded.
 */
const LIMIT_OF_COUNTERS = `
CREATE FUNCTION relay_limit_of(
  p_in_flight integer, p_images_in_flight integer, p_credits_in_flight bigint,
  p_images_day integer, p_credits_day bigint, p_credits_month bigint,
  p_count integer, p_hold bigint, p_caps bigint[]
) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN p_in_flight + 1 > p_caps[1] THEN 'concurrency'
    WHEN p_images_day + p_images_in_flight + p_count > p_caps[2] THEN 'images_day'
    WHEN p_credits_day + p_credits_in_flight + p_hold > p_caps[3] THEN 'credits_day'
    WHEN p_credits_month + p_credits_in_flight + p_hold > p_caps[4] THEN 'credits_month'
  END
$$;
`;

/**
 * p_caps: four of the account, then four of the key; null is no limit. Test
 * keys count on their key alone, demo pictures only as concurrency.
 */
const LIMITS = `
CREATE FUNCTION relay_limits(
  p_account uuid, p_key uuid, p_mode text, p_count integer, p_hold bigint, p_caps bigint[],
  OUT verdict text, OUT scope text
) LANGUAGE plpgsql AS $$
DECLARE
  v_today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
  v_month date := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date;
  v_count integer := CASE WHEN p_mode = 'demo' THEN 0 ELSE p_count END;
BEGIN
  IF p_mode <> 'test' THEN
    SELECT relay_limit_of(c.in_flight, c.images_in_flight, c.credits_in_flight,
             CASE WHEN c.day = v_today THEN c.images_day ELSE 0 END,
             CASE WHEN c.day = v_today THEN c.credits_day ELSE 0 END,
             CASE WHEN c.month = v_month THEN c.credits_month ELSE 0 END,
             v_count, p_hold, p_caps[1:4])
      INTO verdict FROM account_counters c WHERE c.account_id = p_account;
    scope := 'account';
  END IF;
  IF verdict IS NULL AND p_key IS NOT NULL THEN
    SELECT relay_limit_of(c.in_flight, c.images_in_flight, c.credits_in_flight,
             CASE WHEN c.day = v_today THEN c.images_day ELSE 0 END,
             CASE WHEN c.day = v_today THEN c.credits_day ELSE 0 END,
             CASE WHEN c.month = v_month THEN c.credits_month ELSE 0 END,
             v_count, p_hold, p_caps[5:8])
      INTO verdict FROM key_counters c WHERE c.key_id = p_key;
    scope := 'key';
  END IF;
  IF verdict IS NOT NULL THEN
    RETURN;
  END IF;
  scope := NULL;
  IF p_mode <> 'test' THEN
    UPDATE account_counters c
       SET in_flight = c.in_flight + 1, images_in_flight = c.images_in_flight + v_count,
           credits_in_flight = c.credits_in_flight + p_hold
     WHERE c.account_id = p_account;
  END IF;
  UPDATE key_counters c
     SET in_flight = c.in_flight + 1, images_in_flight = c.images_in_flight + v_count,
         credits_in_flight = c.credits_in_flight + p_hold
   WHERE c.key_id = p_key;
END $$;
`;

/** Whatever API key sent it, an Idempotency-Key belongs to the account, for 24 hours. */
const IDEMPOTENCY = `
CREATE FUNCTION relay_bound_key(
  p_account uuid, p_idem text, p_print bytea, OUT verdict text, OUT bound_id uuid
) LANGUAGE plpgsql AS $$
DECLARE
  v_bound idempotency_keys;
BEGIN
  IF p_idem IS NULL THEN
    RETURN;
  END IF;
  SELECT * INTO v_bound FROM idempotency_keys k WHERE k.account_id = p_account AND k.key = p_idem;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF v_bound.expires_at <= clock_timestamp() THEN
    DELETE FROM idempotency_keys k WHERE k.account_id = p_account AND k.key = p_idem;
    RETURN;
  END IF;
  bound_id := v_bound.generation_id;
  verdict := CASE WHEN v_bound.fingerprint = p_print THEN 'duplicate' ELSE 'key_reused' END;
END $$;
`;

/** p_row: {model, operation, surface, profile, visibility, count, unit, hold, factor, catalog, mode, deadline}. */
export const INSERT_ONE = `
CREATE FUNCTION relay_insert(
  p_id uuid, p_account uuid, p_key uuid, p_row jsonb, p_input jsonb,
  p_worker uuid, p_token uuid, p_print bytea, p_idem text, p_attempt uuid, p_upstream text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
BEGIN
  INSERT INTO generations (id, account_id, api_key_id, status, mode, surface, profile, model,
    operation, visibility, count, catalog_version, price_factor, unit_credits, hold_credits,
    worker_id, lease_token, fingerprint, deadline_at, created_at, started_at)
  VALUES (p_id, p_account, p_key, CASE WHEN p_token IS NULL THEN 'pending' ELSE 'processing' END,
    p_row ->> 'mode', p_row ->> 'surface', p_row ->> 'profile', p_row ->> 'model',
    p_row ->> 'operation', p_row ->> 'visibility', (p_row ->> 'count')::integer,
    (p_row ->> 'catalog')::integer, (p_row ->> 'factor')::integer, (p_row ->> 'unit')::bigint,
    (p_row ->> 'hold')::bigint, CASE WHEN p_token IS NOT NULL THEN p_worker END, p_token, p_print,
    v_now + make_interval(secs => (p_row ->> 'deadline')::double precision), v_now,
    CASE WHEN p_token IS NOT NULL THEN v_now END);
  INSERT INTO generation_inputs (generation_id, request, request_id)
  VALUES (p_id, p_input -> 'request', p_input ->> 'requestId');
  IF p_token IS NOT NULL THEN
    INSERT INTO attempts (id, generation_id, ordinal, upstream)
    VALUES (p_attempt, p_id, 1, p_upstream);
  END IF;
  IF p_idem IS NOT NULL THEN
    INSERT INTO idempotency_keys (account_id, key, fingerprint, generation_id, expires_at)
    VALUES (p_account, p_idem, p_print, p_id, v_now + interval '24 h');
  END IF;
END $$;
`;

/**
 * Verdict per item: ok, duplicate (generation_id is the one bound before),
 * key_reused, balance, concurrency, images_day, credits_day, credits_month
 * (scope: account or key), key_revoked, account_suspended, catalog_superseded.
 */
export const ACCEPT = `
CREATE FUNCTION relay_accept(
  p_worker uuid, p_ids uuid[], p_accounts uuid[], p_keys uuid[], p_rows jsonb[], p_inputs jsonb[],
  p_caps bigint[], p_tokens uuid[], p_prints bytea[], p_idems text[],
  p_attempts uuid[], p_upstreams text[]
) RETURNS TABLE (ord integer, verdict text, generation_id uuid, scope text)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
  v_mode text;
  v_hold bigint;
BEGIN
  PERFORM 1 FROM credit_accounts c WHERE c.account_id = ANY (p_accounts)
    ORDER BY c.account_id FOR UPDATE;
  FOR i IN 1 .. cardinality(p_ids) LOOP
    ord := i;
    generation_id := p_ids[i];
    scope := NULL;
    verdict := NULL;
    PERFORM 1 FROM generations g WHERE g.id = p_ids[i];
    IF FOUND THEN
      verdict := 'ok';
    END IF;
    IF verdict IS NULL THEN
      verdict := relay_gate(p_accounts[i], p_keys[i], (p_rows[i] ->> 'catalog')::integer);
    END IF;
    IF verdict IS NULL THEN
      SELECT b.verdict, coalesce(b.bound_id, p_ids[i]) INTO verdict, generation_id
        FROM relay_bound_key(p_accounts[i], p_idems[i], p_prints[i]) b;
    END IF;
    IF verdict IS NULL THEN
      v_mode := p_rows[i] ->> 'mode';
      v_hold := (p_rows[i] ->> 'hold')::bigint;
      PERFORM 1 FROM credit_accounts c
        WHERE c.account_id = p_accounts[i] AND c.available >= v_hold;
      IF NOT FOUND THEN
        verdict := 'balance';
      ELSE
        SELECT l.verdict, l.scope INTO verdict, scope
          FROM relay_limits(p_accounts[i], p_keys[i], v_mode, (p_rows[i] ->> 'count')::integer,
            v_hold, p_caps[(i - 1) * 8 + 1 : i * 8]) l;
      END IF;
      IF verdict IS NULL THEN
        IF v_mode = 'live' AND NOT credits_hold(p_accounts[i], p_ids[i], v_hold) THEN
          RAISE EXCEPTION 'balance changed under the account lock';
        END IF;
        PERFORM relay_insert(p_ids[i], p_accounts[i], p_keys[i], p_rows[i], p_inputs[i], p_worker,
          p_tokens[i], p_prints[i], p_idems[i], p_attempts[i], p_upstreams[i]);
        verdict := 'ok';
      END IF;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
`;
