import type { MigrationInterface, QueryRunner } from 'typeorm';
import { QUEUE_PLACE } from './1764000000005-tasks.js';
import { CLAIM_AND_BURY } from './1764000000008-once.js';

/**
 * The queue is fair over time. The claim took the first of each account before
 * the second of any, but forgot whom it had served: with one slot free at a
 * time an old backlog was "first of its account" again and again, and the
 * oldest first won every tie. Whoever was served longest ago now goes first.
 *
 * It is also told how much room each model has. What was claimed beyond that
 * only waited inside one process, shown as processing, while another had room.
 */
export class FairQueue1764000000011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(QUEUE_TURNS);
    await runner.query(WAITING);
    await runner.query('DROP FUNCTION relay_claim, relay_queue_place');
    await runner.query(TAKE);
    await runner.query(FAIR_CLAIM);
    await runner.query(FAIR_PLACE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP FUNCTION relay_claim, relay_take, relay_queue_place, relay_waiting_accounts',
    );
    await runner.query('DROP TABLE queue_turns');
    await runner.query(CLAIM_AND_BURY);
    await runner.query(QUEUE_PLACE);
  }
}

/** When each account's queue was last served; no row: never. */
const QUEUE_TURNS = `
CREATE TABLE queue_turns (
  account_id uuid PRIMARY KEY REFERENCES accounts (id),
  served_at timestamptz NOT NULL
);
`;

/** Skips from account to account: as quick with 10,000 generations in the queue as with ten. */
const WAITING = `
CREATE FUNCTION relay_waiting_accounts() RETURNS TABLE (account_id uuid, served_at timestamptz)
LANGUAGE sql STABLE SET enable_seqscan = off SET jit = off AS $$
  WITH RECURSIVE waiting AS (
    (SELECT g.account_id FROM generations g WHERE g.status = 'pending'
      ORDER BY g.account_id LIMIT 1)
    UNION ALL
    SELECT (SELECT g.account_id FROM generations g
             WHERE g.status = 'pending' AND g.account_id > w.account_id
             ORDER BY g.account_id LIMIT 1)
      FROM waiting w WHERE w.account_id IS NOT NULL
  )
  SELECT w.account_id, coalesce(t.served_at, '-infinity')
    FROM waiting w LEFT JOIN queue_turns t ON t.account_id = w.account_id
   WHERE w.account_id IS NOT NULL
$$;
`;

/** One generation for one worker; false: somebody else was quicker, or it has ended. */
const TAKE = `
CREATE FUNCTION relay_take(p_worker uuid, p_id uuid, p_status text, p_reap boolean)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM generations g
    WHERE g.id = p_id AND g.status = p_status
      AND (g.status = 'pending' OR NOT EXISTS (
             SELECT 1 FROM workers w
              WHERE w.id = g.worker_id AND w.lease_until >= clock_timestamp()))
    FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE generations g
     SET status = 'processing', worker_id = p_worker, lease_token = gen_random_uuid(),
         started_at = coalesce(g.started_at, clock_timestamp()),
         undelivered = g.undelivered OR (p_reap AND g.waiter_id IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM workers w
            WHERE w.id = g.waiter_id AND w.lease_until >= clock_timestamp()))
   WHERE g.id = p_id;
  UPDATE attempts a SET state = 'unknown', finished_at = clock_timestamp()
   WHERE a.generation_id = p_id AND a.state = 'sent' AND a.upstream_task_id IS NULL;
  RETURN true;
END $$;
`;

/**
 * p_room has one number per name in p_models: how many of it could be sent now.
 * What dead workers left goes first, whether or not there is room: most of it
 * only has to be ended. Then, in turn, the first of each account, the second of
 * each; among the same turn whoever was served longest ago, or has waited longest.
 */
const FAIR_CLAIM = `
CREATE FUNCTION relay_claim(
  p_worker uuid, p_limit integer, p_reap boolean, p_models text[], p_room integer[]
) RETURNS TABLE (id uuid, model text, abandoned boolean)
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
  v_row record;
  v_left jsonb := coalesce(jsonb_object(p_models, p_room::text[]), '{}');
  v_served uuid[] := '{}';
BEGIN
  -- Two that bury the same dead would wait for each other: one reaps, the other looks again later.
  p_reap := p_reap AND pg_try_advisory_xact_lock(7274610005);
  IF p_reap THEN
    PERFORM relay_bury(w.id) FROM workers w WHERE w.lease_until < clock_timestamp();
    DELETE FROM workers w WHERE w.lease_until < clock_timestamp();
  END IF;
  FOR v_row IN SELECT * FROM (
    (SELECT g.id, g.model, g.status, g.account_id, 0::bigint AS turn,
            '-infinity'::timestamptz AS served_at, g.id AS first
       FROM generations g
      WHERE p_reap AND g.status = 'processing' AND NOT EXISTS (
              SELECT 1 FROM workers w
               WHERE w.id = g.worker_id AND w.lease_until >= clock_timestamp())
      ORDER BY g.id LIMIT p_limit * 4)
    UNION ALL
    (SELECT q.id, q.model, 'pending', a.account_id, q.turn, a.served_at, q.first
       FROM relay_waiting_accounts() a
      CROSS JOIN LATERAL (
        SELECT n.id, n.model, row_number() OVER (ORDER BY n.id) AS turn,
               first_value(n.id) OVER (ORDER BY n.id) AS first
          FROM (
            SELECT g.id, g.model FROM generations g
             WHERE g.account_id = a.account_id AND g.status = 'pending' AND g.model = ANY (p_models)
             ORDER BY g.id LIMIT p_limit * 4) n) q
      ORDER BY q.turn, a.served_at, q.first LIMIT p_limit * 16)
  ) o ORDER BY o.turn, o.served_at, o.first, o.id
  LOOP
    EXIT WHEN p_limit = 0;
    CONTINUE WHEN v_row.status = 'pending' AND (v_left ->> v_row.model)::integer <= 0;
    CONTINUE WHEN NOT relay_take(p_worker, v_row.id, v_row.status, p_reap);
    id := v_row.id;
    model := v_row.model;
    abandoned := v_row.status = 'processing';
    p_limit := p_limit - 1;
    IF NOT abandoned THEN
      v_left := v_left || jsonb_build_object(model, (v_left ->> model)::integer - 1);
      v_served := v_served || v_row.account_id;
    END IF;
    RETURN NEXT;
  END LOOP;
  -- By account, so that two claims never wait for each other.
  INSERT INTO queue_turns AS t (account_id, served_at)
  SELECT s.account_id, clock_timestamp() + max(s.nth) * interval '1 us'
    FROM unnest(v_served) WITH ORDINALITY AS s (account_id, nth)
   GROUP BY s.account_id ORDER BY s.account_id
  ON CONFLICT (account_id) DO UPDATE SET served_at = excluded.served_at;
END $$;
`;

/** How many pending generations go first, by the order of claim, and how many a second ended lately. */
const FAIR_PLACE = `
CREATE FUNCTION relay_queue_place(p_id uuid, OUT ahead integer, OUT per_second double precision)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_account uuid;
  v_turn bigint;
  v_served timestamptz;
  v_first uuid;
BEGIN
  SELECT count(*) / 60.0 INTO per_second FROM attempts a
   WHERE a.finished_at > clock_timestamp() - interval '60 s';
  ahead := 0;
  SELECT g.account_id INTO v_account FROM generations g WHERE g.id = p_id AND g.status = 'pending';
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT count(*) INTO v_turn FROM generations g
   WHERE g.account_id = v_account AND g.status = 'pending' AND g.id <= p_id;
  SELECT w.served_at INTO v_served FROM relay_waiting_accounts() w WHERE w.account_id = v_account;
  SELECT g.id INTO v_first FROM generations g
   WHERE g.account_id = v_account AND g.status = 'pending' ORDER BY g.id LIMIT 1;
  SELECT v_turn - 1 + coalesce(sum(
           o.waiting - (o.waiting = v_turn AND (w.served_at, o.first) > (v_served, v_first))::int), 0)
    INTO ahead
    FROM relay_waiting_accounts() w
   CROSS JOIN LATERAL (
     SELECT count(*) AS waiting, (array_agg(n.id))[1] AS first FROM (
       SELECT g.id FROM generations g
        WHERE g.account_id = w.account_id AND g.status = 'pending'
        ORDER BY g.id LIMIT v_turn) n) o
   WHERE w.account_id <> v_account;
END $$;
`;
