export const ENDED = `('succeeded', 'failed', 'canceled')`;

/** Rule → a query over all there is for the ids that break it. */
export const RULES: Readonly<Record<string, string>> = {
  'available and held equal the sums of the journal': `
    SELECT c.account_id AS id FROM credit_accounts c
      LEFT JOIN (SELECT account_id, sum(available_delta) AS available, sum(held_delta) AS held
                   FROM credit_entries GROUP BY account_id) j USING (account_id)
     WHERE c.available <> coalesce(j.available, 0) OR c.held <> coalesce(j.held, 0)`,
  'held equals the open holds': `
    SELECT c.account_id AS id FROM credit_accounts c
      LEFT JOIN (SELECT account_id, sum(amount) AS open FROM credit_holds
                  WHERE state = 'open' GROUP BY account_id) h USING (account_id)
     WHERE c.held <> coalesce(h.open, 0)`,
  'every journal line belongs to an account': `
    SELECT e.id FROM credit_entries e
     WHERE NOT EXISTS (SELECT 1 FROM credit_accounts c WHERE c.account_id = e.account_id)`,
  'journal lines are numbered without a gap and carry the running balance': `
    SELECT id FROM (
      SELECT id, seq, available_after, held_after,
             row_number() OVER w AS line,
             sum(available_delta) OVER w AS available, sum(held_delta) OVER w AS held
        FROM credit_entries WINDOW w AS (PARTITION BY account_id ORDER BY seq)) e
     WHERE seq <> line OR available_after <> available OR held_after <> held`,
  'the next journal number follows the last': `
    SELECT c.account_id AS id FROM credit_accounts c
     WHERE c.next_seq <> 1 + (SELECT count(*) FROM credit_entries e
                               WHERE e.account_id = c.account_id)`,
  'statement lines are numbered without a gap, captures left out': `
    SELECT id FROM (
      SELECT id, statement_line,
             count(*) FILTER (WHERE kind <> 'capture')
               OVER (PARTITION BY account_id ORDER BY seq) AS line
        FROM credit_entries) e
     WHERE statement_line IS DISTINCT FROM line
    UNION ALL
    SELECT c.account_id FROM credit_accounts c
     WHERE c.statement_lines <> (SELECT count(*) FROM credit_entries e
                                  WHERE e.account_id = c.account_id AND e.kind <> 'capture')`,
  'an ended generation leaves no open hold': `
    SELECT g.id FROM generations g JOIN credit_holds h ON h.generation_id = g.id
     WHERE g.status IN ${ENDED} AND h.state = 'open'`,
  'an open hold belongs to an open generation': `
    SELECT h.generation_id AS id FROM credit_holds h
      LEFT JOIN generations g ON g.id = h.generation_id
     WHERE h.state = 'open' AND (g.id IS NULL OR g.status NOT IN ('pending', 'processing'))`,
  'a live generation has one hold of its own account and amount, others have none': `
    SELECT g.id FROM generations g LEFT JOIN credit_holds h ON h.generation_id = g.id
     WHERE (g.mode = 'live') <> (h.generation_id IS NOT NULL)
        OR h.account_id <> g.account_id OR h.amount <> g.hold_credits`,
  'captured equals the sum of the image credits': `
    SELECT g.id FROM generations g
      LEFT JOIN (SELECT generation_id, sum(credits) AS credits FROM assets
                  WHERE kind = 'output' GROUP BY generation_id) a ON a.generation_id = g.id
      LEFT JOIN credit_holds h ON h.generation_id = g.id
     WHERE g.status IN ${ENDED} AND (g.captured <> coalesce(a.credits, 0)
        OR (g.mode = 'live' AND g.captured <> h.captured))`,
  'a generation succeeded if and only if it has an image row': `
    SELECT g.id FROM generations g
      LEFT JOIN (SELECT generation_id, count(*) AS images FROM assets
                  WHERE kind = 'output' GROUP BY generation_id) a ON a.generation_id = g.id
     WHERE (g.status IN ${ENDED} AND g.images <> coalesce(a.images, 0))
        OR (g.status = 'succeeded') <> (g.status IN ${ENDED} AND coalesce(a.images, 0) > 0)`,
  'the journal tells the same of each hold': `
    SELECT h.generation_id AS id FROM credit_holds h
      LEFT JOIN (SELECT generation_id,
                   sum(held_delta) FILTER (WHERE kind = 'hold') AS held,
                   -sum(held_delta) FILTER (WHERE kind = 'capture') AS captured,
                   sum(available_delta) FILTER (WHERE kind = 'release') AS released,
                   sum(available_delta) FILTER (WHERE kind = 'refund') AS refunded
                   FROM credit_entries WHERE generation_id IS NOT NULL
                  GROUP BY generation_id) j USING (generation_id)
     WHERE h.amount <> coalesce(j.held, 0) OR h.captured <> coalesce(j.captured, 0)
        OR h.released <> coalesce(j.released, 0) OR h.refunded <> coalesce(j.refunded, 0)`,
  'grants, adjustments and refunds stand in the journal once': `
    SELECT s.id FROM (
      SELECT id, account_id, amount FROM credit_grants
      UNION ALL SELECT id, account_id, -applied FROM credit_adjustments WHERE applied > 0
      UNION ALL SELECT id, account_id, amount FROM credit_refunds) s
      LEFT JOIN (SELECT source_id, account_id, sum(available_delta) AS amount FROM credit_entries
                  WHERE source_id IS NOT NULL GROUP BY source_id, account_id) j
        ON j.source_id = s.id AND j.account_id = s.account_id
     WHERE s.amount IS DISTINCT FROM j.amount`,
  'counters in flight equal the open generations': `
    SELECT c.account_id AS id FROM account_counters c
      LEFT JOIN (SELECT account_id, count(*) AS open, sum(hold_credits) AS credits
                   FROM generations WHERE status IN ('pending', 'processing') AND mode <> 'test'
                  GROUP BY account_id) g USING (account_id)
     WHERE c.in_flight <> coalesce(g.open, 0) OR c.credits_in_flight <> coalesce(g.credits, 0)`,
  'an Idempotency-Key names a generation of its account': `
    SELECT k.generation_id AS id FROM idempotency_keys k
      LEFT JOIN generations g ON g.id = k.generation_id AND g.account_id = k.account_id
     WHERE k.expires_at > now() AND g.id IS NULL`,
};
