import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SETTLE_ONE } from './1764000000004-settle.js';

/**
 * No attempt outlives its generation. Settle closed only the attempt it was
 * told of; one whose row was committed while its answer was lost, one that was
 * adopted with its task, or one left behind by images recorded before a crash
 * stayed `sent` for ever.
 */
export class Ends1764000000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const [before, after] = CLOSE_ALL;
    if (!SETTLE_ONE.includes(before)) throw new Error('relay_settle_one is not as expected');
    await runner.query(asReplacement(SETTLE_ONE).replace(before, after));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(asReplacement(SETTLE_ONE));
  }
}

const CLOSE_ALL = [
  'PERFORM relay_close_attempt(g.id, p_attempt);',
  `PERFORM relay_close_attempt(g.id, p_attempt);
  -- Whatever else was begun: nobody will ever say what became of it.
  UPDATE attempts a SET state = 'unknown', finished_at = clock_timestamp()
   WHERE a.generation_id = g.id AND a.state = 'sent';`,
] as const;

function asReplacement(sql: string): string {
  return sql.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION');
}
