import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Every request for images is one row of `generations`, partitioned by the month
 * in its UUIDv7. The row is narrow: prompt and parameters live in
 * `generation_inputs`, whose retention is its own.
 */
export class Generations1764000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(GENERATIONS);
    await runner.query(ATTEMPTS_AND_ASSETS);
    await runner.query(COUNTERS);
    await runner.query(PARTITIONS);
    await runner.query(DEMO_LATCH);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER accounts_get_counters ON accounts');
    await runner.query('DROP TRIGGER api_keys_get_counters ON api_keys');
    await runner.query('DROP TRIGGER api_keys_close_demo ON api_keys');
    await runner.query('DROP TRIGGER credit_grants_close_demo ON credit_grants');
    await runner.query(
      'DROP FUNCTION demo_close_on_first_customer, account_counters_open, key_counters_open, easel_ensure_partitions, easel_month_bound',
    );
    await runner.query(
      `DROP TABLE idempotency_keys, key_counters, account_counters, assets, attempts,
         generation_inputs, generations`,
    );
  }
}

const GENERATIONS = `
CREATE TABLE generations (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  api_key_id uuid,
  status text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('live', 'test', 'demo')),
  surface text NOT NULL,
  profile text NOT NULL,
  model text NOT NULL,
  operation text NOT NULL,
  visibility text NOT NULL CHECK (visibility IN ('private', 'public')),
  count integer NOT NULL CHECK (count > 0),
  images integer NOT NULL DEFAULT 0,
  catalog_version integer NOT NULL,
  price_factor integer NOT NULL,
  unit_credits bigint NOT NULL,
  hold_credits bigint NOT NULL CHECK (hold_credits >= 0),
  captured bigint NOT NULL DEFAULT 0,
  worker_id uuid,
  lease_token uuid,
  fingerprint bytea NOT NULL,
  undelivered boolean NOT NULL DEFAULT false,
  deadline_at timestamptz NOT NULL,
  cancel_requested_at timestamptz,
  error jsonb,
  usage jsonb,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_at timestamptz,
  finished_at timestamptz,
  CONSTRAINT generations_status_known CHECK (
    status IN ('pending', 'processing', 'succeeded', 'failed', 'canceled')),
  CONSTRAINT generations_end_once CHECK (
    (status IN ('succeeded', 'failed', 'canceled')) = (finished_at IS NOT NULL)),
  CONSTRAINT generations_leased_while_processing CHECK (
    status <> 'processing' OR (worker_id IS NOT NULL AND lease_token IS NOT NULL)),
  CONSTRAINT generations_succeed_with_images CHECK (
    CASE WHEN status = 'succeeded' THEN images BETWEEN 1 AND count ELSE images = 0 END),
  CONSTRAINT generations_captured_within_hold CHECK (captured BETWEEN 0 AND hold_credits)
) PARTITION BY RANGE (id);
CREATE INDEX generations_by_account ON generations (account_id, id DESC);
CREATE INDEX generations_by_key ON generations (api_key_id, id DESC);
CREATE INDEX generations_open ON generations (worker_id, id)
  WHERE status IN ('pending', 'processing');
CREATE INDEX generations_pending ON generations (account_id, id) WHERE status = 'pending';
CREATE TABLE generations_default PARTITION OF generations DEFAULT;

CREATE TABLE generation_inputs (
  generation_id uuid PRIMARY KEY,
  request jsonb NOT NULL,
  request_id text
) PARTITION BY RANGE (generation_id);
CREATE TABLE generation_inputs_default PARTITION OF generation_inputs DEFAULT;
`;

const ATTEMPTS_AND_ASSETS = `
CREATE TABLE attempts (
  id uuid PRIMARY KEY,
  generation_id uuid NOT NULL,
  ordinal smallint NOT NULL CHECK (ordinal > 0),
  upstream text NOT NULL,
  state text NOT NULL DEFAULT 'sent'
    CONSTRAINT attempts_state_known CHECK (state IN ('sent', 'succeeded', 'failed', 'unknown')),
  failure text,
  http_status integer,
  detail text,
  upstream_task_id text,
  images integer NOT NULL DEFAULT 0,
  cost jsonb,
  sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  CONSTRAINT attempts_numbered_once UNIQUE (generation_id, ordinal)
) WITH (fillfactor = 80);
CREATE INDEX attempts_by_upstream ON attempts (upstream, sent_at);
CREATE INDEX attempts_by_end ON attempts (finished_at);

CREATE TABLE assets (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  generation_id uuid,
  ordinal smallint NOT NULL DEFAULT 0,
  kind text NOT NULL CHECK (kind IN ('output', 'input')),
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  media_type text NOT NULL,
  width integer NOT NULL CHECK (width > 0),
  height integer NOT NULL CHECK (height > 0),
  bytes bigint NOT NULL CHECK (bytes > 0),
  visibility text NOT NULL CHECK (visibility IN ('private', 'public')),
  credits bigint NOT NULL DEFAULT 0 CHECK (credits >= 0),
  link_token text NOT NULL CONSTRAINT assets_link_unique UNIQUE,
  link_issued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  deleted_at timestamptz,
  removed_at timestamptz,
  CONSTRAINT assets_outputs_belong CHECK (kind = 'input' OR generation_id IS NOT NULL)
);
CREATE UNIQUE INDEX assets_output_once ON assets (generation_id, ordinal) WHERE kind = 'output';
CREATE INDEX assets_by_account ON assets (account_id, id DESC);

CREATE TABLE idempotency_keys (
  account_id uuid NOT NULL,
  key text NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 255),
  fingerprint bytea NOT NULL,
  generation_id uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT idempotency_keys_bind_once PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_keys_by_generation ON idempotency_keys (generation_id);
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
`;

/** Read only under the account's lock. "Spent" is dated when a capture settles, by UTC days. */
const COUNTERS = `
CREATE TABLE account_counters (
  account_id uuid PRIMARY KEY REFERENCES accounts (id),
  in_flight integer NOT NULL DEFAULT 0 CHECK (in_flight >= 0),
  images_in_flight integer NOT NULL DEFAULT 0 CHECK (images_in_flight >= 0),
  credits_in_flight bigint NOT NULL DEFAULT 0 CHECK (credits_in_flight >= 0),
  day date NOT NULL DEFAULT '-infinity',
  images_day integer NOT NULL DEFAULT 0,
  credits_day bigint NOT NULL DEFAULT 0,
  month date NOT NULL DEFAULT '-infinity',
  credits_month bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE TABLE key_counters (
  key_id uuid PRIMARY KEY REFERENCES api_keys (id),
  in_flight integer NOT NULL DEFAULT 0 CHECK (in_flight >= 0),
  images_in_flight integer NOT NULL DEFAULT 0 CHECK (images_in_flight >= 0),
  credits_in_flight bigint NOT NULL DEFAULT 0 CHECK (credits_in_flight >= 0),
  day date NOT NULL DEFAULT '-infinity',
  images_day integer NOT NULL DEFAULT 0,
  credits_day bigint NOT NULL DEFAULT 0,
  month date NOT NULL DEFAULT '-infinity',
  credits_month bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE FUNCTION account_counters_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO account_counters (account_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER accounts_get_counters AFTER INSERT ON accounts
  FOR EACH ROW EXECUTE FUNCTION account_counters_open();

CREATE FUNCTION key_counters_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO key_counters (key_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER api_keys_get_counters AFTER INSERT ON api_keys
  FOR EACH ROW EXECUTE FUNCTION key_counters_open();
`;

/**
 * Makes the monthly partitions of this month and the next ones. Runs with the
 * owner's rights, because the application role may not create tables. Rows of
 * a month without a partition (a node with a wild clock) go to the default one.
 */
const PARTITIONS = `
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

-- The smallest UUIDv7 of a month (UTC).
CREATE FUNCTION easel_month_bound(p_month date) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (rpad(lpad(to_hex((extract(epoch FROM p_month::timestamp) * 1000)::bigint), 12, '0'),
               32, '0'))::uuid
$$;

SELECT easel_ensure_partitions(2);
`;

/**
 * Demo pictures end for ever when the first account besides the seeded one gets
 * credits or a key; a trigger, so that no code path can forget it (design §5).
 */
const DEMO_LATCH = `
CREATE FUNCTION demo_close_on_first_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (SELECT a.seeded FROM accounts a WHERE a.id = NEW.account_id) THEN
    INSERT INTO settings (key, value) VALUES ('demo_closed', 'first customer')
    ON CONFLICT (key) DO NOTHING;
    IF FOUND THEN
      UPDATE change_versions SET version = version + 1 WHERE topic = 'upstreams';
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER api_keys_close_demo AFTER INSERT ON api_keys
  FOR EACH ROW EXECUTE FUNCTION demo_close_on_first_customer();
CREATE TRIGGER credit_grants_close_demo AFTER INSERT ON credit_grants
  FOR EACH ROW EXECUTE FUNCTION demo_close_on_first_customer();
`;
