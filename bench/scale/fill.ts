import type pg from 'pg';
import { makeAccounts, type Owner } from '../ledger/accounts.js';
import { IMAGE_CREDITS as IMAGE, REQUEST } from '../ledger/request.js';

/** Lines of the journal per generation: seven grants, hold, capture, release. */
export const LINES = 10;
/** Of an ordinary account; the large one has a tenth of everything. */
const GENERATIONS_EACH = 1_000;
const LARGE_SHARE = 10;
const BATCH = 20_000;

/** Thousandths: of a grant, of a hold for two images. */
const GRANT = 1_000;
const HOLD = 2 * IMAGE;
const GRANTS = 7;
/** What one generation leaves behind in the balance. */
const NET = GRANTS * GRANT - IMAGE;

export interface Filled {
  readonly ordinary: readonly Owner[];
  readonly large: Owner;
}

/**
 * A database as work would have left it, by statements over sets: every
 * generation asked for two images and got one, after seven small grants. The
 * journal is written in closed form, so every rule of the ledger check holds.
 */
export async function fill(client: pg.Client, generations: number): Promise<Filled> {
  const large = Math.floor(generations / LARGE_SHARE);
  const ordinary = generations - large;
  const accounts = Math.max(1, Math.round(ordinary / GENERATIONS_EACH));
  const owners = await makeAccounts(client, accounts + 1);
  await client.query('SET synchronous_commit = off');
  // Of an owner that fills: no foreign key is looked up, no trigger runs, row by row.
  await client.query('SET session_replication_role = replica');
  await client.query(NUMBERED_ID);
  await put(client, owners.slice(1), 0, Math.floor(ordinary / accounts));
  await put(client, owners.slice(0, 1), ordinary, large);
  await client.query(BALANCES);
  await client.query('SET session_replication_role = origin');
  await client.query('VACUUM (ANALYZE)');
  return { ordinary: owners.slice(1), large: owners[0] };
}

/** @param first number of the first generation; none is used twice in a database */
async function put(
  client: pg.Client,
  owners: readonly Owner[],
  first: number,
  each: number,
): Promise<void> {
  await client.query('DROP TABLE IF EXISTS bench_owners');
  await client.query(
    `CREATE TEMP TABLE bench_owners AS
     SELECT a.account_id, k.key_id, n - 1 AS at
       FROM unnest($1::uuid[]) WITH ORDINALITY AS a(account_id, n)
       JOIN unnest($2::uuid[]) WITH ORDINALITY AS k(key_id, n) USING (n)`,
    [owners.map(({ accountId }) => accountId), owners.map(({ keyId }) => keyId)],
  );
  await client.query('ANALYZE bench_owners');
  const total = each * owners.length;
  const now = new Date();
  const monthBegan = Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
  for (let from = 0; from < total; from += BATCH) {
    const to = Math.min(from + BATCH, total);
    for (const statement of STATEMENTS) {
      const moments = [monthBegan, now.getTime()];
      await client.query(statement, [owners.length, first, total, from, to, ...moments]);
    }
  }
}

/** A UUIDv7 of a moment (Unix ms) whose chance is made of a word, so that every table can name it. */
const NUMBERED_ID = `
CREATE FUNCTION bench_id(p_ms bigint, p_word text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex(p_ms), 12, '0') || '7' || substr(md5(p_word), 1, 3)
          || '8' || substr(md5(p_word), 4, 15))::uuid
$$`;

/**
 * One row per generation of a batch: its owner's, the how-manieth of that
 * account (nth), its moment in this month so far, its id.
 */
const WORK = `
WITH work AS MATERIALIZED (
  SELECT o.account_id, o.key_id, n / $1::integer AS nth, n + $2::integer AS number, m.ms,
         to_timestamp(m.ms / 1000.0) AS at, bench_id(m.ms, 'g' || (n + $2::integer)) AS id
    FROM generate_series($4::integer, $5::integer - 1) AS n
    JOIN bench_owners o ON o.at = n % $1::integer,
         LATERAL (SELECT $6::bigint + ($7::bigint - $6::bigint) * n / $3::integer AS ms) m)`;

const STATEMENTS = [
  `${WORK}
  INSERT INTO generations (id, account_id, api_key_id, status, mode, surface, profile, model,
    operation, visibility, count, images, catalog_version, price_factor, unit_credits,
    hold_credits, captured, fingerprint, deadline_at, created_at, started_at, finished_at)
  SELECT id, account_id, key_id, 'succeeded', 'live', 'openai', 'openai', 'm', 'generate',
    'private', 2, 1, 1, 1000, ${IMAGE}, ${HOLD}, ${IMAGE}, sha256(id::text::bytea),
    at + interval '15 min', at, at, at + interval '9 s' FROM work`,
  `${WORK}
  INSERT INTO generation_inputs (generation_id, request, request_id)
  SELECT id, '${JSON.stringify({ ...REQUEST, count: 2 })}', 'req_' || number FROM work`,
  `${WORK}
  INSERT INTO credit_holds (generation_id, account_id, amount, state, captured, released,
    created_at, closed_at)
  SELECT id, account_id, ${HOLD}, 'captured', ${IMAGE}, ${HOLD - IMAGE}, at, at + interval '9 s'
    FROM work`,
  `${WORK}
  INSERT INTO attempts (id, generation_id, ordinal, upstream, state, http_status, images, sent_at,
    finished_at)
  SELECT bench_id(ms, 't' || number), id, 1, 'stub', 'succeeded', 200, 1, at,
    at + interval '9 s' FROM work`,
  `${WORK}
  INSERT INTO assets (id, account_id, generation_id, ordinal, kind, sha256, media_type, width,
    height, bytes, visibility, credits, link_token, created_at)
  SELECT bench_id(ms, 'a' || number), account_id, id, 0, 'output',
    encode(sha256(number::text::bytea), 'hex'), 'image/png', 1024, 1024, 1572864, 'private',
    ${IMAGE}, md5('link' || number), at FROM work`,
  `${WORK}
  INSERT INTO credit_grants (id, account_id, amount, kind, created_at)
  SELECT bench_id(ms, 's' || number || '.' || k), account_id, ${GRANT}, 'gift', at
    FROM work, generate_series(1, ${GRANTS}) AS k`,
  `${WORK}
  INSERT INTO credit_entries (id, account_id, seq, kind, available_delta, held_delta,
    available_after, held_after, generation_id, source_id, created_at, statement_line)
  SELECT bench_id(ms, 'e' || number || '.' || k), account_id, 1 + nth * ${LINES} + k,
    CASE WHEN k <= ${GRANTS} THEN 'grant' WHEN k = 8 THEN 'hold' WHEN k = 9 THEN 'capture'
         ELSE 'release' END,
    CASE WHEN k <= ${GRANTS} THEN ${GRANT} WHEN k = 8 THEN -${HOLD} WHEN k = 9 THEN 0
         ELSE ${HOLD - IMAGE} END,
    CASE WHEN k <= ${GRANTS} THEN 0 WHEN k = 8 THEN ${HOLD} WHEN k = 9 THEN -${IMAGE}
         ELSE -${HOLD - IMAGE} END,
    c.available + nth::bigint * ${NET} + least(k, ${GRANTS}) * ${GRANT}
      - CASE WHEN k IN (8, 9) THEN ${HOLD} WHEN k = 10 THEN ${IMAGE} ELSE 0 END,
    CASE WHEN k = 8 THEN ${HOLD} WHEN k = 9 THEN ${HOLD - IMAGE} ELSE 0 END,
    CASE WHEN k > ${GRANTS} THEN id END,
    CASE WHEN k <= ${GRANTS} THEN bench_id(ms, 's' || number || '.' || k) END, at,
    1 + nth * (${LINES} - 1) + k - CASE WHEN k >= 9 THEN 1 ELSE 0 END
    FROM work JOIN credit_accounts c USING (account_id), generate_series(1, ${LINES}) AS k`,
];

/** What the last line of each account says. */
const BALANCES = `
UPDATE credit_accounts c
   SET available = e.available_after, held = e.held_after, next_seq = e.seq + 1,
       statement_lines = e.statement_line
  FROM (SELECT DISTINCT ON (account_id) account_id, seq, available_after, held_after, statement_line
          FROM credit_entries ORDER BY account_id, seq DESC) e
 WHERE e.account_id = c.account_id`;
