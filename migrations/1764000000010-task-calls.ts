import type { MigrationInterface, QueryRunner } from 'typeorm';
import { UPSTREAM_TASK } from './1764000000005-tasks.js';

/**
 * An attempt whose upstream makes fewer images a call than asked has several
 * tasks. Each is saved, by the ordinal of the first image it makes: with one id
 * for all of them the next node followed one task as often as there were calls
 * and charged one picture several times.
 */
export class TaskCalls1764000000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE attempts ADD COLUMN upstream_tasks jsonb');
    await runner.query(
      `UPDATE attempts SET upstream_tasks = jsonb_build_object('0', upstream_task_id)
        WHERE upstream_task_id IS NOT NULL`,
    );
    await runner.query('DROP FUNCTION relay_save_task');
    await runner.query(SAVE_TASK);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION relay_save_task');
    await runner.query(UPSTREAM_TASK);
    await runner.query('ALTER TABLE attempts DROP COLUMN upstream_tasks');
  }
}

/** The ids are saved before the first poll, so that the next node resumes instead of guessing. */
const SAVE_TASK = `
CREATE FUNCTION relay_save_task(
  p_id uuid, p_token uuid, p_attempt uuid, p_task text, p_offset integer
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM generations x
   WHERE x.id = p_id AND x.status = 'processing' AND x.lease_token = p_token FOR SHARE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE attempts a
     SET upstream_task_id = coalesce(a.upstream_task_id, p_task),
         upstream_tasks = coalesce(a.upstream_tasks, '{}')
           || jsonb_build_object(p_offset::text, p_task)
   WHERE a.id = p_attempt AND a.generation_id = p_id;
  RETURN true;
END $$;
`;
