import type { MigrationInterface, QueryRunner } from 'typeorm';
import { CLOSE_ATTEMPT, SETTLE } from './1764000000004-settle.js';
import { ACCEPT_OR_JOIN } from './1764000000008-once.js';

/**
 * Accept and settle can be called for many accounts at once without waiting for
 * any of them: what belongs to an account that somebody else holds is answered
 * `busy`, and the caller asks for that account alone. So one account that is held
 * up delays no other, and calls for several accounts never wait for each other.
 *
 * Statements on partitioned tables were planned anew at every call, which was most
 * of what they cost: a plan for values that are known looks cheaper than one plan
 * for all values, because partitions are left out while planning and not while
 * running. There is one plan to be had for each of them. An attempt's end was
 * written in SQL, which keeps no plan before PostgreSQL 18.
 */
export class GroupCommit1764000000016 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION relay_accept, relay_settle');
    await runner.query(changed(asNew(ACCEPT_OR_JOIN), ACCEPT_CHANGES));
    await runner.query(changed(SETTLE, SETTLE_CHANGES));
    await runner.query(changed(asReplacement(CLOSE_ATTEMPT), CLOSE_ATTEMPT_CHANGES));
    for (const name of ALONG_THE_WAY) {
      await runner.query(`ALTER FUNCTION ${name} SET plan_cache_mode = force_generic_plan`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION relay_accept, relay_settle');
    await runner.query(ACCEPT_OR_JOIN);
    await runner.query(SETTLE);
    await runner.query(asReplacement(CLOSE_ATTEMPT));
    for (const name of ALONG_THE_WAY) {
      await runner.query(`ALTER FUNCTION ${name} RESET plan_cache_mode`);
    }
  }
}

const ALONG_THE_WAY = ['relay_record_image', 'relay_next_attempt', 'relay_save_task'];

type Change = readonly [before: string, after: string];

const LOCK: Change = [
  `  PERFORM 1 FROM credit_accounts c WHERE c.account_id = ANY (p_accounts)
    ORDER BY c.account_id FOR UPDATE;
`,
  `  IF p_wait THEN
    PERFORM 1 FROM credit_accounts c WHERE c.account_id = ANY (p_accounts)
      ORDER BY c.account_id FOR UPDATE;
    v_locked := p_accounts;
  ELSE
    v_locked := ARRAY(SELECT c.account_id FROM credit_accounts c
                       WHERE c.account_id = ANY (p_accounts)
                       ORDER BY c.account_id FOR UPDATE SKIP LOCKED);
  END IF;
`,
];
const WAIT: Change = ['[]\n) RETURNS TABLE', '[], p_wait boolean\n) RETURNS TABLE'];

const ONE_PLAN: Change = [
  'SET jit = off\n',
  'SET jit = off\nSET plan_cache_mode = force_generic_plan\n',
];

const ACCEPT_CHANGES: readonly Change[] = [
  WAIT,
  ONE_PLAN,
  LOCK,
  ['  v_joined uuid;\n', '  v_joined uuid;\n  v_locked uuid[];\n'],
  [
    '    verdict := NULL;\n',
    `    verdict := CASE WHEN p_accounts[i] <> ALL (v_locked) THEN 'busy' END;\n`,
  ],
];
const SETTLE_CHANGES: readonly Change[] = [
  WAIT,
  ONE_PLAN,
  LOCK,
  ['AS $$\nBEGIN\n', 'AS $$\nDECLARE\n  v_locked uuid[];\nBEGIN\n'],
  [
    '    verdict := relay_settle_one(',
    `    IF p_accounts[i] <> ALL (v_locked) THEN
      verdict := 'busy';
      RETURN NEXT;
      CONTINUE;
    END IF;
    verdict := relay_settle_one(`,
  ],
];

const CLOSE_ATTEMPT_CHANGES: readonly Change[] = [
  ['LANGUAGE sql AS $$\n', 'LANGUAGE plpgsql AS $$\nBEGIN\n'],
  [`a.state = 'sent'\n$$`, `a.state = 'sent';\nEND $$`],
];

function asNew(sql: string): string {
  return sql.replace('CREATE OR REPLACE FUNCTION', 'CREATE FUNCTION');
}

function asReplacement(sql: string): string {
  return sql.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION');
}

function changed(sql: string, changes: readonly Change[]): string {
  return changes.reduce((text, [before, after]) => {
    if (!text.includes(before)) throw new Error(`There is no ${before.trim()} to be changed`);
    return text.replace(before, () => after);
  }, sql);
}
