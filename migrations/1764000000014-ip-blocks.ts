import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Networks that the operator lets make no images; `cidr` is the canonical text of the network. */
export class IpBlocks1764000000014 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(IP_BLOCKS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE ip_blocks');
    await runner.query(`DELETE FROM change_versions WHERE topic = 'ip_blocks'`);
  }
}

const IP_BLOCKS = `
CREATE TABLE ip_blocks (
  cidr text PRIMARY KEY,
  reason text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO change_versions (topic) VALUES ('ip_blocks');
`;
