import type { MigrationInterface, QueryRunner } from 'typeorm';

/** People: who is signed in, how often somebody tried, and what they reported. */
export class Sessions1764000000019 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SESSIONS);
    await runner.query(THROTTLES);
    await runner.query(IMAGE_REPORTS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE image_reports, throttles, sessions');
  }
}

/** Of a session's token only the SHA-256 is kept; its end follows from its two dates. */
const SESSIONS = `
CREATE TABLE sessions (
  token_hash bytea PRIMARY KEY
    CONSTRAINT sessions_token_is_sha256 CHECK (octet_length(token_hash) = 32),
  account_id uuid NOT NULL REFERENCES accounts (id),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  used_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_use ON sessions (used_at);
`;

/** Tries within a window, by the database's clock. UNLOGGED: a crash forgets some minutes of them. */
const THROTTLES = `
CREATE UNLOGGED TABLE throttles (
  subject text PRIMARY KEY,
  tries integer NOT NULL,
  ends_at timestamptz NOT NULL
);
CREATE INDEX throttles_by_end ON throttles (ends_at);
`;

const IMAGE_REPORTS = `
CREATE TABLE image_reports (
  id uuid PRIMARY KEY,
  generation_id uuid NOT NULL,
  reason text NOT NULL,
  note text NOT NULL CHECK (char_length(note) <= 1000),
  reported_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  closed_at timestamptz
);
CREATE INDEX image_reports_open ON image_reports (generation_id) WHERE closed_at IS NULL;
`;
