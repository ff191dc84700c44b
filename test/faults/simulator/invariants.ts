import type { PhysicalDatabase } from './physical-database.js';

/**
 * What must be true at every moment, whoever died when (docs/ledger.md). Written
 * from the rules, not taken over from `LedgerCheck`. `$1`: the accounts of the run.
 */
const ALWAYS: Readonly<Record<string, string>> = {
  'balances equal the journal': `
    SELECT c.account_id AS id FROM credit_accounts c WHERE c.account_id = ANY ($1)
      AND (c.available, c.held) <> (
        SELECT coalesce(sum(e.available_delta), 0)::bigint, coalesce(sum(e.held_delta), 0)::bigint
          FROM credit_entries e WHERE e.account_id = c.account_id)`,
  'available = grants + refunds - adjustments - captures - open holds': `
    SELECT c.account_id AS id FROM credit_accounts c WHERE c.account_id = ANY ($1)
      AND c.available <>
          (SELECT coalesce(sum(amount), 0) FROM credit_grants WHERE account_id = c.account_id)
        + (SELECT coalesce(sum(amount), 0) FROM credit_refunds WHERE account_id = c.account_id)
        - (SELECT coalesce(sum(applied), 0) FROM credit_adjustments WHERE account_id = c.account_id)
        - (SELECT coalesce(sum(captured), 0) FROM generations WHERE account_id = c.account_id)
        - (SELECT coalesce(sum(hold_credits), 0) FROM generations WHERE account_id = c.account_id
            AND mode = 'live' AND status IN ('pending', 'processing'))`,
  'held = open holds': `
    SELECT c.account_id AS id FROM credit_accounts c WHERE c.account_id = ANY ($1)
      AND c.held <> (SELECT coalesce(sum(h.amount), 0) FROM credit_holds h
                      WHERE h.account_id = c.account_id AND h.state = 'open')`,
  'nothing is below zero': `
    SELECT account_id AS id FROM credit_accounts
     WHERE account_id = ANY ($1) AND (available < 0 OR held < 0)`,
  'each journal line carries the running balance': `
    SELECT id FROM (
      SELECT id, seq, available_after, held_after, row_number() OVER w AS line,
             sum(available_delta) OVER w AS a, sum(held_delta) OVER w AS h
        FROM credit_entries WHERE account_id = ANY ($1)
      WINDOW w AS (PARTITION BY account_id ORDER BY seq)) e
     WHERE (seq, available_after, held_after) IS DISTINCT FROM (line, a, h)`,
  'a live generation has one hold of count x unit price, others none': `
    SELECT g.id FROM generations g LEFT JOIN credit_holds h ON h.generation_id = g.id
     WHERE g.account_id = ANY ($1) AND (
       (g.mode = 'live') IS DISTINCT FROM (h.generation_id IS NOT NULL)
       OR h.account_id <> g.account_id OR h.amount <> g.hold_credits
       OR g.hold_credits <> g.count * g.unit_credits)`,
  'an ended generation has a closed hold, an open one an open hold': `
    SELECT g.id FROM generations g JOIN credit_holds h ON h.generation_id = g.id
     WHERE g.account_id = ANY ($1)
       AND (g.status IN ('pending', 'processing')) <> (h.state = 'open')`,
  'captured hold = one capture line of that amount; released: none': `
    SELECT h.generation_id AS id FROM credit_holds h
      LEFT JOIN LATERAL (
        SELECT count(*) AS lines, coalesce(sum(-e.held_delta), 0) AS amount FROM credit_entries e
         WHERE e.generation_id = h.generation_id AND e.kind = 'capture') c ON true
     WHERE h.account_id = ANY ($1)
       AND (c.lines <> (h.captured > 0)::int OR c.amount <> h.captured)`,
  'succeeded = 1 to count images, charged as the sum of their own credits': `
    SELECT g.id FROM generations g
      LEFT JOIN LATERAL (
        SELECT count(*) AS images, coalesce(sum(a.credits), 0) AS credits FROM assets a
         WHERE a.generation_id = g.id AND a.kind = 'output') i ON true
     WHERE g.account_id = ANY ($1) AND CASE g.status
       WHEN 'succeeded' THEN i.images NOT BETWEEN 1 AND g.count OR g.images <> i.images
         OR g.captured <> i.credits OR (g.mode <> 'live' AND g.captured <> 0)
       WHEN 'failed' THEN i.images > 0 OR g.captured <> 0
       WHEN 'canceled' THEN i.images > 0 OR g.captured <> 0
       ELSE g.captured <> 0 END`,
  'an image costs what its pixels cost, never more than was held for it': `
    SELECT a.id FROM assets a JOIN generations g ON g.id = a.generation_id
      JOIN generation_inputs i ON i.generation_id = g.id
     WHERE g.account_id = ANY ($1) AND a.kind = 'output' AND a.credits <> CASE
       WHEN g.mode <> 'live' THEN 0
       ELSE least(
         CASE WHEN a.width * a.height <= 1572864 THEN 2000
              WHEN a.width * a.height <= 4194304 THEN 4000 ELSE 6000 END,
         CASE i.request #>> '{price,tier}' WHEN '1k' THEN 2000 ELSE 4000 END
       ) * g.price_factor / 1000 END`,
  'attempts are numbered without a gap': `
    SELECT generation_id AS id FROM attempts
     WHERE generation_id IN (SELECT g.id FROM generations g WHERE g.account_id = ANY ($1))
     GROUP BY generation_id HAVING max(ordinal) <> count(*)`,
  'an ended generation has no attempt under way': `
    SELECT g.id FROM generations g JOIN attempts a ON a.generation_id = g.id
     WHERE g.account_id = ANY ($1) AND g.finished_at IS NOT NULL AND a.state = 'sent'`,
  'an Idempotency-Key names a generation of its account with its fingerprint': `
    SELECT k.generation_id AS id FROM idempotency_keys k
      LEFT JOIN generations g ON g.id = k.generation_id AND g.account_id = k.account_id
     WHERE k.account_id = ANY ($1) AND g.fingerprint IS DISTINCT FROM k.fingerprint`,
  'work in flight is counted as it is': `
    SELECT c.account_id AS id FROM account_counters c
     WHERE c.account_id = ANY ($1)
       AND (c.in_flight, c.images_in_flight, c.credits_in_flight) <> (
         SELECT count(*)::int, coalesce(sum(g.count), 0)::int,
                coalesce(sum(g.hold_credits), 0)::bigint
           FROM generations g WHERE g.account_id = c.account_id AND g.mode <> 'test'
            AND g.status IN ('pending', 'processing'))`,
  'work in flight is counted as it is, by key': `
    SELECT c.key_id AS id FROM key_counters c JOIN api_keys k ON k.id = c.key_id
     WHERE k.account_id = ANY ($1)
       AND (c.in_flight, c.images_in_flight, c.credits_in_flight) <> (
         SELECT count(*)::int, coalesce(sum(g.count), 0)::int,
                coalesce(sum(g.hold_credits), 0)::bigint
           FROM generations g WHERE g.api_key_id = c.key_id
            AND g.status IN ('pending', 'processing'))`,
  'a day counts what was delivered in it': `
    SELECT c.account_id AS id FROM account_counters c
     WHERE c.account_id = ANY ($1)
       AND (c.images_day, c.credits_day) <> (
         SELECT coalesce(sum(g.images), 0)::int, coalesce(sum(g.captured), 0)::bigint
           FROM generations g WHERE g.account_id = c.account_id AND g.mode <> 'test'
            AND (g.finished_at AT TIME ZONE 'UTC')::date = c.day)`,
};

/** What must be true besides when nothing is going on any more. */
const AT_REST: Readonly<Record<string, string>> = {
  'every accepted generation has ended': `
    SELECT id FROM generations WHERE account_id = ANY ($1) AND finished_at IS NULL`,
  'nothing is held': `
    SELECT account_id AS id FROM credit_accounts WHERE account_id = ANY ($1) AND held <> 0`,
};

/** @returns a line per broken rule */
export async function checkInvariants(
  database: Pick<PhysicalDatabase, 'ask'>,
  accountIds: readonly string[],
  atRest: boolean,
): Promise<string[]> {
  const broken = await database.ask<{ rule: string; ids: string[] }>(
    atRest ? REST_SQL : ALWAYS_SQL,
    [accountIds],
  );
  return broken.map(({ rule, ids }) => `${rule}: ${ids.join(' ')}`);
}

function together(rules: Readonly<Record<string, string>>): string {
  const parts = Object.entries(rules).map(
    ([rule, sql]) =>
      `SELECT '${rule}' AS rule, array_agg(broken.id::text) AS ids FROM (${sql}) broken
        HAVING count(*) > 0`,
  );
  return parts.join(' UNION ALL ');
}

const ALWAYS_SQL = together(ALWAYS);
const REST_SQL = together({ ...ALWAYS, ...AT_REST });
