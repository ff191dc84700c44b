import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ACCEPT, INSERT_ONE } from './1764000000003-accept.js';
import { CLAIM } from './1764000000004-settle.js';

/**
 * Once and only once for clients that send no Idempotency-Key (design §2): a
 * repeat joins the generation whose answer was lost. Who waits for an answer
 * stands on the row from accept on, so that nothing is written when it arrives.
 */
export class Once1764000000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(DELIVERY);
    await runner.query(JOIN_BY_BODY);
    await runner.query(INSERT_WITH_WAITER);
    await runner.query(ACCEPT_OR_JOIN);
    await runner.query(RECALL);
    await runner.query(BURY);
    await runner.query(CLAIM_AND_BURY);
    await runner.query(DELETE_IMAGES);
    await runner.query(BLOCKED_TERMS);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const before of [INSERT_ONE, ACCEPT, CLAIM]) {
      await runner.query(before.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION'));
    }
    await runner.query(
      'DROP FUNCTION relay_delete_images, relay_bury, relay_recall, relay_join, easel_id_floor',
    );
    await runner.query('DROP TABLE blocked_terms');
    await runner.query(`DELETE FROM change_versions WHERE topic = 'blocked_terms'`);
    await runner.query('DROP INDEX generations_undelivered');
    await runner.query('ALTER TABLE generations DROP COLUMN delivery, DROP COLUMN waiter_id');
  }
}

/**
 * waiter_id: the process that owes somebody the answer over a connection; null
 * where an Idempotency-Key or the id alone leads back to it. delivery: which of
 * that process's answers, so that a late word about one never touches the next.
 */
const DELIVERY = `
ALTER TABLE generations ADD COLUMN waiter_id uuid, ADD COLUMN delivery integer;
CREATE INDEX generations_undelivered ON generations (api_key_id, fingerprint) WHERE undelivered;

-- The smallest UUIDv7 of a moment: bounds a walk over ids by time.
CREATE FUNCTION easel_id_floor(p_at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (rpad(lpad(to_hex((extract(epoch FROM p_at) * 1000)::bigint), 12, '0'), 32, '0'))::uuid
$$;
`;

/**
 * Takes over an answer that was lost, oldest first: marked as undelivered, or
 * owed by a process whose lease has run out. One conditional update, under the
 * account's lock, so of two repeats one joins and the other is a request of its
 * own. Whoever joins owes the answer from then on. p_row.again: the caller asks
 * a second time because it never heard the first answer.
 *
 * Leases say nothing while the asking process has none itself: then the
 * database has just been away from all of them.
 */
export const JOIN_BY_BODY = `
CREATE FUNCTION relay_join(p_worker uuid, p_key uuid, p_print bytea, p_row jsonb) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
  v_since timestamptz := clock_timestamp() - interval '15 min';
  v_delivery integer := (p_row ->> 'delivery')::integer;
  v_id uuid;
BEGIN
  IF (p_row ->> 'again')::boolean THEN
    SELECT g.id INTO v_id FROM generations g
     WHERE g.api_key_id = p_key AND g.id >= easel_id_floor(v_since - interval '15 min')
       AND g.fingerprint = p_print AND g.waiter_id = p_worker AND g.delivery = v_delivery;
    IF FOUND THEN
      RETURN v_id;
    END IF;
  END IF;
  SELECT g.id INTO v_id FROM generations g
   WHERE g.undelivered AND g.api_key_id = p_key AND g.fingerprint = p_print
     AND g.status IN ('pending', 'processing', 'succeeded') AND g.created_at > v_since
   ORDER BY g.id LIMIT 1 FOR UPDATE;
  IF NOT FOUND
     AND EXISTS (SELECT 1 FROM workers w WHERE w.lease_until < clock_timestamp())
     AND EXISTS (SELECT 1 FROM workers w
                  WHERE w.id = p_worker AND w.lease_until >= clock_timestamp()) THEN
    SELECT g.id INTO v_id FROM workers w JOIN generations g ON g.waiter_id = w.id
     WHERE w.lease_until < clock_timestamp() AND g.status IN ('pending', 'processing')
       AND g.api_key_id = p_key AND g.fingerprint = p_print AND g.created_at > v_since
     ORDER BY g.id LIMIT 1 FOR UPDATE OF g;
  END IF;
  IF v_id IS NOT NULL THEN
    UPDATE generations g
       SET undelivered = false, delivery = v_delivery,
           waiter_id = CASE WHEN (p_row ->> 'waits')::boolean THEN p_worker END
     WHERE g.id = v_id;
  END IF;
  RETURN v_id;
END $$;
`;

/** p_row, beside what it was: {delivery, waits}, both null where the answer is owed to nobody. */
export const INSERT_WITH_WAITER = `
CREATE OR REPLACE FUNCTION relay_insert(
  p_id uuid, p_account uuid, p_key uuid, p_row jsonb, p_input jsonb,
  p_worker uuid, p_token uuid, p_print bytea, p_idem text, p_attempt uuid, p_upstream text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
BEGIN
  INSERT INTO generations (id, account_id, api_key_id, status, mode, surface, profile, model,
    operation, visibility, count, catalog_version, price_factor, unit_credits, hold_credits,
    worker_id, lease_token, fingerprint, waiter_id, delivery, deadline_at, created_at, started_at)
  VALUES (p_id, p_account, p_key, CASE WHEN p_token IS NULL THEN 'pending' ELSE 'processing' END,
    p_row ->> 'mode', p_row ->> 'surface', p_row ->> 'profile', p_row ->> 'model',
    p_row ->> 'operation', p_row ->> 'visibility', (p_row ->> 'count')::integer,
    (p_row ->> 'catalog')::integer, (p_row ->> 'factor')::integer, (p_row ->> 'unit')::bigint,
    (p_row ->> 'hold')::bigint, CASE WHEN p_token IS NOT NULL THEN p_worker END, p_token, p_print,
    CASE WHEN (p_row ->> 'waits')::boolean THEN p_worker END, (p_row ->> 'delivery')::integer,
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

/** As before, with p_row.join: the verdict is then also joined (generation_id is that one). */
export const ACCEPT_OR_JOIN = `
CREATE OR REPLACE FUNCTION relay_accept(
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
  v_joined uuid;
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
    IF verdict IS NULL AND (p_rows[i] ->> 'join')::boolean THEN
      v_joined := relay_join(p_worker, p_keys[i], p_prints[i], p_rows[i]);
      IF v_joined IS NOT NULL THEN
        verdict := 'joined';
        generation_id := v_joined;
      END IF;
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

/**
 * Only what accept finds before it would make anything: the generation that an
 * Idempotency-Key or a lost answer leads to. For requests that could not be
 * accepted anew. Verdict: duplicate, key_reused, joined, or null.
 */
const RECALL = `
CREATE FUNCTION relay_recall(
  p_worker uuid, p_account uuid, p_key uuid, p_row jsonb, p_print bytea, p_idem text,
  OUT verdict text, OUT generation_id uuid
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
BEGIN
  PERFORM 1 FROM credit_accounts c WHERE c.account_id = p_account FOR UPDATE;
  SELECT b.verdict, b.bound_id INTO verdict, generation_id
    FROM relay_bound_key(p_account, p_idem, p_print) b;
  IF verdict IS NULL AND (p_row ->> 'join')::boolean THEN
    generation_id := relay_join(p_worker, p_key, p_print, p_row);
    verdict := CASE WHEN generation_id IS NOT NULL THEN 'joined' END;
  END IF;
END $$;
`;

/**
 * A process is gone: the answers it owed are lost. Those of work that goes on
 * elsewhere, and of work that ended while nobody could have sent them (a lease
 * is renewed ten seconds before it runs out, at the latest).
 */
const BURY = `
CREATE FUNCTION relay_bury(p_worker uuid) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  v_until timestamptz;
BEGIN
  SELECT w.lease_until INTO v_until FROM workers w WHERE w.id = p_worker FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  UPDATE generations g SET undelivered = true
   WHERE g.id = ANY (ARRAY(
     SELECT x.id FROM generations x
      WHERE x.waiter_id = p_worker AND x.status IN ('pending', 'processing') AND NOT x.undelivered
        FOR UPDATE SKIP LOCKED));
  UPDATE generations g SET undelivered = true
   WHERE g.id >= easel_id_floor(clock_timestamp() - interval '30 min')
     AND g.waiter_id = p_worker AND g.status = 'succeeded' AND NOT g.undelivered
     AND g.finished_at > v_until - interval '5 s' AND v_until < clock_timestamp();
END $$;
`;

/** As before, and whoever reaps buries the dead first. */
export const CLAIM_AND_BURY = `
CREATE OR REPLACE FUNCTION relay_claim(
  p_worker uuid, p_limit integer, p_reap boolean, p_models text[]
) RETURNS TABLE (id uuid, abandoned boolean) LANGUAGE plpgsql AS $$
DECLARE
  v_row record;
BEGIN
  -- Two that bury the same dead would wait for each other: one reaps, the other looks again later.
  p_reap := p_reap AND pg_try_advisory_xact_lock(7274610005);
  IF p_reap THEN
    PERFORM relay_bury(w.id) FROM workers w WHERE w.lease_until < clock_timestamp();
    DELETE FROM workers w WHERE w.lease_until < clock_timestamp();
  END IF;
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
           started_at = coalesce(g.started_at, clock_timestamp()),
           undelivered = g.undelivered OR (p_reap AND g.waiter_id IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM workers w
              WHERE w.id = g.waiter_id AND w.lease_until >= clock_timestamp()))
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

/** Verdict: deleted (also when it was before), open (it has not ended), missing. */
const DELETE_IMAGES = `
CREATE FUNCTION relay_delete_images(p_id uuid, p_account uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  g generations;
BEGIN
  SELECT * INTO g FROM generations x WHERE x.id = p_id AND x.account_id = p_account FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'missing';
  ELSIF g.finished_at IS NULL THEN
    RETURN 'open';
  END IF;
  UPDATE assets a SET deleted_at = clock_timestamp()
   WHERE a.generation_id = p_id AND a.kind = 'output' AND a.deleted_at IS NULL;
  IF g.undelivered THEN
    UPDATE generations x SET undelivered = false WHERE x.id = p_id;
  END IF;
  RETURN 'deleted';
END $$;
`;

/** The operator's list, and lists that stand in its place for one account. */
const BLOCKED_TERMS = `
CREATE TABLE blocked_terms (
  account_id uuid REFERENCES accounts (id),
  terms text[] NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX blocked_terms_one_list
  ON blocked_terms (coalesce(account_id, '00000000-0000-0000-0000-000000000000'));
INSERT INTO change_versions (topic) VALUES ('blocked_terms');
`;
