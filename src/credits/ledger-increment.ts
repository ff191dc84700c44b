import { ENDED } from './ledger-rules.js';

/** Lines written since $1; their ids are made by the database's clock. */
const LINES = `(SELECT * FROM credit_entries WHERE id >= easel_id_floor($1::timestamptz))`;
const ACCOUNTS = `(SELECT DISTINCT account_id FROM ${LINES} l)`;
/** Whatever the journal or a new row speaks of. A generation's own clock may lag behind ours by an hour. */
const GENERATIONS = `(
  SELECT g.* FROM (
    SELECT DISTINCT generation_id AS id FROM ${LINES} l WHERE generation_id IS NOT NULL
    UNION SELECT n.id FROM generations n WHERE n.created_at >= $1::timestamptz
             AND n.id >= easel_id_floor($1::timestamptz - interval '1 h')) touched
    JOIN generations g USING (id))`;
const IMAGES = `LATERAL (
  SELECT count(*) AS images, coalesce(sum(a.credits), 0) AS credits
    FROM assets a WHERE a.generation_id = g.id AND a.kind = 'output') i`;

/** Rule → a query over what has moved since $1 for the ids that break it. Names as in `RULES`. */
export const INCREMENT_RULES: Readonly<Record<string, string>> = {
  'available and held equal the sums of the journal': `
    SELECT c.account_id AS id FROM credit_accounts c JOIN ${ACCOUNTS} t USING (account_id)
     CROSS JOIN LATERAL (SELECT e.available_after, e.held_after FROM credit_entries e
                          WHERE e.account_id = c.account_id ORDER BY e.seq DESC LIMIT 1) last
     WHERE c.available <> last.available_after OR c.held <> last.held_after`,
  'held equals the open holds': `
    SELECT c.account_id AS id FROM credit_accounts c JOIN ${ACCOUNTS} t USING (account_id)
     CROSS JOIN LATERAL (SELECT coalesce(sum(h.amount), 0) AS open FROM credit_holds h
                          WHERE h.account_id = c.account_id AND h.state = 'open') h
     WHERE c.held <> h.open`,
  'every journal line belongs to an account': `
    SELECT e.id FROM ${LINES} e
     WHERE NOT EXISTS (SELECT 1 FROM credit_accounts c WHERE c.account_id = e.account_id)`,
  'journal lines are numbered without a gap and carry the running balance': `
    SELECT e.id FROM ${LINES} e
      LEFT JOIN LATERAL (SELECT p.available_after, p.held_after FROM credit_entries p
                          WHERE p.account_id = e.account_id AND p.seq = e.seq - 1) before ON true
     WHERE e.available_after <> coalesce(before.available_after, 0) + e.available_delta
        OR e.held_after <> coalesce(before.held_after, 0) + e.held_delta
        OR (e.seq > 1) <> (before.held_after IS NOT NULL)
        OR (SELECT count(*) FROM credit_entries o
             WHERE o.account_id = e.account_id AND o.seq = e.seq) <> 1`,
  'the next journal number follows the last': `
    SELECT c.account_id AS id FROM credit_accounts c JOIN ${ACCOUNTS} t USING (account_id)
     WHERE c.next_seq <> 1 + (SELECT max(e.seq) FROM credit_entries e
                               WHERE e.account_id = c.account_id)`,
  'statement lines are numbered without a gap, captures left out': `
    SELECT e.id FROM ${LINES} e
      LEFT JOIN credit_entries p ON p.account_id = e.account_id AND p.seq = e.seq - 1
     WHERE e.statement_line IS DISTINCT FROM
           coalesce(p.statement_line, 0) + CASE WHEN e.kind = 'capture' THEN 0 ELSE 1 END
    UNION ALL
    SELECT c.account_id FROM credit_accounts c JOIN ${ACCOUNTS} t USING (account_id)
     CROSS JOIN LATERAL (SELECT e.statement_line FROM credit_entries e
                          WHERE e.account_id = c.account_id ORDER BY e.seq DESC LIMIT 1) last
     WHERE c.statement_lines IS DISTINCT FROM last.statement_line`,
  'an ended generation leaves no open hold': `
    SELECT g.id FROM ${GENERATIONS} g JOIN credit_holds h ON h.generation_id = g.id
     WHERE g.status IN ${ENDED} AND h.state = 'open'`,
  'an open hold belongs to an open generation': `
    SELECT h.generation_id AS id FROM credit_holds h
      LEFT JOIN generations g ON g.id = h.generation_id
     WHERE h.state = 'open' AND (g.id IS NULL OR g.status NOT IN ('pending', 'processing'))`,
  'a live generation has one hold of its own account and amount, others have none': `
    SELECT g.id FROM ${GENERATIONS} g LEFT JOIN credit_holds h ON h.generation_id = g.id
     WHERE (g.mode = 'live') <> (h.generation_id IS NOT NULL)
        OR h.account_id <> g.account_id OR h.amount <> g.hold_credits`,
  'captured equals the sum of the image credits': `
    SELECT g.id FROM ${GENERATIONS} g CROSS JOIN ${IMAGES}
      LEFT JOIN credit_holds h ON h.generation_id = g.id
     WHERE g.status IN ${ENDED}
       AND (g.captured <> i.credits OR (g.mode = 'live' AND g.captured <> h.captured))`,
  'a generation succeeded if and only if it has an image row': `
    SELECT g.id FROM ${GENERATIONS} g CROSS JOIN ${IMAGES}
     WHERE (g.status IN ${ENDED} AND g.images <> i.images)
        OR (g.status = 'succeeded') <> (g.status IN ${ENDED} AND i.images > 0)`,
  'the journal tells the same of each hold': `
    SELECT g.id FROM ${GENERATIONS} g JOIN credit_holds h ON h.generation_id = g.id
     CROSS JOIN LATERAL (
       SELECT coalesce(sum(e.held_delta) FILTER (WHERE kind = 'hold'), 0) AS held,
              coalesce(-sum(e.held_delta) FILTER (WHERE kind = 'capture'), 0) AS captured,
              coalesce(sum(e.available_delta) FILTER (WHERE kind = 'release'), 0) AS released,
              coalesce(sum(e.available_delta) FILTER (WHERE kind = 'refund'), 0) AS refunded
         FROM credit_entries e WHERE e.generation_id = g.id) j
     WHERE (h.amount, h.captured, h.released, h.refunded)
           IS DISTINCT FROM (j.held, j.captured, j.released, j.refunded)`,
  'grants, adjustments and refunds stand in the journal once': `
    SELECT s.id FROM (
      SELECT id, account_id, amount, created_at FROM credit_grants
      UNION ALL SELECT id, account_id, -applied, created_at FROM credit_adjustments
                 WHERE applied > 0
      UNION ALL SELECT id, account_id, amount, created_at FROM credit_refunds) s
     WHERE s.created_at >= $1::timestamptz
       AND s.amount IS DISTINCT FROM (
             SELECT sum(e.available_delta) FROM credit_entries e
              WHERE e.id >= easel_id_floor($1::timestamptz - interval '1 min')
                AND e.source_id = s.id AND e.account_id = s.account_id)`,
  'counters in flight equal the open generations': `
    SELECT coalesce(c.account_id, g.account_id) AS id
      FROM (SELECT * FROM account_counters
             WHERE in_flight <> 0 OR credits_in_flight <> 0) c
      FULL JOIN (SELECT account_id, count(*) AS open, sum(hold_credits) AS credits
                   FROM generations WHERE status IN ('pending', 'processing') AND mode <> 'test'
                  GROUP BY account_id) g USING (account_id)
     WHERE coalesce(c.in_flight, 0) <> coalesce(g.open, 0)
        OR coalesce(c.credits_in_flight, 0) <> coalesce(g.credits, 0)`,
  'an Idempotency-Key names a generation of its account': `
    SELECT k.generation_id AS id FROM idempotency_keys k
      LEFT JOIN generations g ON g.id = k.generation_id AND g.account_id = k.account_id
     WHERE k.expires_at >= $1::timestamptz + interval '24 h' AND k.expires_at > now() AND g.id IS NULL`,
};
