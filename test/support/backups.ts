import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import pg from 'pg';
import { MIGRATIONS } from '../../migrations/index.js';
import {
  type BackupReport,
  type BackupRequest,
  readBackup,
  restoreBackup,
  type RestoreRequest,
  writeBackup,
} from '../../src/backup/index.js';
import { migrate } from '../../src/database/index.js';

export const MASTER_KEY = 'a master key for tests, 32 characters';

const silent = () => undefined;

export function backUp(
  url: string,
  file: string,
  change: Partial<BackupRequest> = {},
): Promise<BackupReport> {
  const request = { file, ownerUrl: url, masterKey: MASTER_KEY, program: '0', say: silent };
  return writeBackup({ ...request, ...change });
}

/** As the command does it: all of the file is read first, and rights are granted last. */
export async function restore(
  file: string,
  url: string,
  change: Partial<RestoreRequest> = {},
): Promise<void> {
  const contents = await readBackup(file, () => Promise.resolve());
  const request = { file, contents, ownerUrl: url, migrations: MIGRATIONS, say: silent };
  await restoreBackup({ ...request, replace: false, alone: false, ...change });
  await migrate(url);
}

/**
 * Table → a hash of all its rows, whatever server and settings it is read from;
 * but for what a node in the background notes of its checks.
 */
export async function hashTables(url: string): Promise<Record<string, string>> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
          AND relkind IN ('r', 'p') AND NOT relispartition AND relpersistence = 'p'
          AND relname NOT IN ('migrations', 'workers') ORDER BY relname`,
    );
    const hashes: Record<string, string> = {};
    for (const { name } of rows) {
      const answer = await client.query<{ hash: string }>(
        `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n'
                  ORDER BY t::text COLLATE "C")), '') AS hash FROM public.${pg.escapeIdentifier(name)} t
          WHERE t::text NOT LIKE '(ledger%\\_at,%'`,
      );
      hashes[name] = answer.rows[0].hash;
    }
    return hashes;
  });
}

/** Everything but rows: columns, keys, indexes, triggers, functions, partitions, rights. */
export async function describeSchema(url: string): Promise<string[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ line: string }>(SCHEMA);
    return rows.map(({ line }) => line);
  });
}

/** Its lines, in the hands of `change`, then whole again with a right SHA-256. */
export async function rewrite(
  file: string,
  target: string,
  change: (lines: string[]) => string[],
): Promise<void> {
  const lines = gunzipSync(await readFile(file))
    .toString('utf8')
    .split('\n')
    .slice(0, -2);
  const text = change(lines).map((line) => `${line}\n`);
  const sha256 = createHash('sha256').update(text.join('')).digest('hex');
  await writeFile(target, gzipSync(`${text.join('')}${JSON.stringify({ sha256 })}\n`));
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const options = '-c TimeZone=UTC -c DateStyle=ISO -c extra_float_digits=3';
  const client = new pg.Client({ connectionString: url, options });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const SCHEMA = `
SELECT format('column %s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
              a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) AS line
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
UNION ALL
SELECT format('constraint %s %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid),
              convalidated)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT format('trigger %s %s %s', tgrelid::regclass, pg_get_triggerdef(oid), tgenabled)
  FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT format('function %s %s', md5(pg_get_functiondef(p.oid)), p.proacl)
  FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
UNION ALL
SELECT format('relation %s %s %s %s %s %s', relname, relkind, relpersistence, reloptions, relacl,
              pg_get_expr(relpartbound, oid))
  FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL
SELECT format('migration %s', name) FROM migrations
 ORDER BY line`;
