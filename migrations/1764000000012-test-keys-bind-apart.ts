import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A client's Idempotency-Key has up to 255 bytes. One that a test key sent is
 * bound as `test <key>`, so that a rehearsal never answers, or refuses, the live
 * request it was written for.
 */
export class TestKeysBindApart1764000000012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LENGTH.replace('$most', '260'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM idempotency_keys WHERE octet_length(key) > 255`);
    await runner.query(LENGTH.replace('$most', '255'));
  }
}

const LENGTH = `
ALTER TABLE idempotency_keys
  DROP CONSTRAINT idempotency_keys_key_check,
  ADD CONSTRAINT idempotency_keys_key_check CHECK (octet_length(key) BETWEEN 1 AND $most)
`;
