import pg from 'pg';
import { WORKER } from '../../test/support/ledger-node.js';

export interface Owner {
  readonly accountId: string;
  readonly keyId: string;
}

/** Thousandths of a credit: enough for every run. */
const BALANCE = 1_000_000_000_000n;

/** A catalog, a live worker, and accounts with a key and credits each. */
export async function makeAccounts(client: pg.Client, count: number): Promise<Owner[]> {
  await client.query(
    `INSERT INTO catalog_versions (version, document, source) VALUES (1, '{}', 'bench')`,
  );
  await client.query(
    `INSERT INTO workers (id, name, role, lease_until)
     VALUES ($1, 'bench', 'all', now() + interval '1 day')`,
    [WORKER],
  );
  await client.query(
    `INSERT INTO accounts (id, email)
     SELECT easel_uuid7(), 'bench-' || n || '@bench.invalid' FROM generate_series(1, $1) n`,
    [count],
  );
  await client.query(MAKE_KEYS);
  await client.query('INSERT INTO credit_accounts (account_id) SELECT id FROM accounts');
  await client.query(
    `INSERT INTO credit_grants (id, account_id, amount, kind)
     SELECT easel_uuid7(), id, $1, 'gift' FROM accounts`,
    [BALANCE],
  );
  await client.query(
    `SELECT credits_post(account_id, 'grant', amount, 0, NULL, id, NULL) FROM credit_grants`,
  );
  const { rows } = await client.query<Owner>(
    `SELECT account_id AS "accountId", id AS "keyId" FROM api_keys`,
  );
  return rows;
}

const MAKE_KEYS = `
INSERT INTO api_keys (id, account_id, name, prefix, secret_hash)
SELECT easel_uuid7(), id, 'bench', 'sk', sha256(id::text::bytea) FROM accounts`;
