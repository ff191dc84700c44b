import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who owns things, what they may do, and what every node reads while it runs. */
export class Accounts1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SETTINGS);
    await runner.query(ACCOUNTS);
    await runner.query(API_KEYS);
    await runner.query(CATALOG);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE api_keys, catalog_versions, accounts, plans, rate_limits, blocked_hashes,
         change_versions, settings, workers`,
    );
    await runner.query('DROP FUNCTION easel_uuid7()');
  }
}

const SETTINGS = `
CREATE TABLE settings (
  key text PRIMARY KEY,
  value text NOT NULL
);

-- One row per topic; every node polls the versions and reloads what changed.
CREATE TABLE change_versions (
  topic text PRIMARY KEY,
  version bigint NOT NULL DEFAULT 1
);
INSERT INTO change_versions (topic)
VALUES ('catalog'), ('upstreams'), ('api_keys'), ('accounts');

-- A process that may hold generations. Its lease is judged by this database's clock only.
CREATE TABLE workers (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  role text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  lease_until timestamptz NOT NULL
);

-- The shape rate-limiter-flexible expects. UNLOGGED: losing a minute's counts in a crash is harmless.
CREATE UNLOGGED TABLE rate_limits (
  key varchar(255) PRIMARY KEY,
  points integer NOT NULL DEFAULT 0,
  expire bigint
);

CREATE TABLE blocked_hashes (
  sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  reason text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- UUIDv7 (RFC 9562) for rows made inside functions; PostgreSQL has its own only from 18 on.
CREATE FUNCTION easel_uuid7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6),
      52, 1), 53, 1),
    'hex')::uuid
$$;
`;

const ACCOUNTS = `
CREATE TABLE plans (
  name text PRIMARY KEY,
  limits jsonb NOT NULL DEFAULT '{}'
);
INSERT INTO plans (name) VALUES ('free'), ('paid');

CREATE TABLE accounts (
  id uuid PRIMARY KEY,
  email text NOT NULL CONSTRAINT accounts_email_unique UNIQUE
    CONSTRAINT accounts_email_lower_case CHECK (email = lower(email)),
  plan text NOT NULL DEFAULT 'free' REFERENCES plans (name),
  status text NOT NULL DEFAULT 'active'
    CONSTRAINT accounts_status_known CHECK (status IN ('active', 'suspended')),
  price_factor integer NOT NULL DEFAULT 1000
    CONSTRAINT accounts_price_factor_positive CHECK (price_factor BETWEEN 1 AND 1000000),
  password_hash text,
  seeded boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX accounts_by_age ON accounts (created_at, id);
`;

const API_KEYS = `
CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES accounts (id),
  name text NOT NULL,
  prefix text NOT NULL,
  secret_hash bytea NOT NULL CONSTRAINT api_keys_secret_unique UNIQUE
    CONSTRAINT api_keys_secret_is_sha256 CHECK (octet_length(secret_hash) = 32),
  style text NOT NULL DEFAULT 'easel',
  profile text NOT NULL DEFAULT 'openai'
    CONSTRAINT api_keys_profile_known CHECK (profile IN ('openai', 'aiimg', 'aiai')),
  mode text NOT NULL DEFAULT 'live'
    CONSTRAINT api_keys_mode_known CHECK (mode IN ('live', 'test')),
  scopes text[],
  models text[],
  allowed_cidrs text[],
  limits jsonb NOT NULL DEFAULT '{}',
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX api_keys_by_account ON api_keys (account_id, created_at);
`;

const CATALOG = `
CREATE TABLE catalog_versions (
  version integer PRIMARY KEY CHECK (version > 0),
  document jsonb NOT NULL,
  source text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  superseded_at timestamptz
);
-- At most one catalog is in force.
CREATE UNIQUE INDEX catalog_versions_one_current
  ON catalog_versions ((superseded_at IS NULL)) WHERE superseded_at IS NULL;
`;
