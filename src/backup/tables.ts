import pg from 'pg';
import { isPlainBound, type TableSection } from './format.js';

/** The migrations are in the header; a process's lease and a browser's session mean nothing to another installation. */
const WITHOUT_ROWS = ['migrations', 'workers', 'sessions'];

/**
 * Every table of ours whose rows are kept, partitions through their parents. Not:
 * UNLOGGED ones, whose loss is harmless by design, and those of an extension.
 */
const TABLES = `
SELECT c.relname::text AS table,
       array(SELECT a.attname::text FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                AND a.attgenerated = '' ORDER BY a.attnum) AS columns,
       coalesce((SELECT jsonb_agg(jsonb_build_object('name', p.relname,
                          'bound', pg_get_expr(p.relpartbound, p.oid)) ORDER BY p.relname)
                   FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid
                  WHERE i.inhparent = c.oid AND p.relispartition
                    AND pg_get_expr(p.relpartbound, p.oid) <> 'DEFAULT'), '[]') AS partitions
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
   AND NOT c.relispartition AND c.relpersistence = 'p' AND c.relname <> ALL ($1)
   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                    AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY c.relname`;

/** Without that of the migrations: its rows are made by running them. */
const SEQUENCES = `
SELECT s.sequencename::text AS name, s.last_value::text AS value FROM pg_sequences s
 WHERE s.schemaname = 'public' AND s.last_value IS NOT NULL
   AND s.sequencename <> 'migrations_id_seq'`;

/** @throws Error when a table is divided in a way that a backup cannot carry */
export async function listTables(client: pg.ClientBase): Promise<TableSection[]> {
  const { rows } = await client.query<TableSection>(TABLES, [WITHOUT_ROWS]);
  for (const { table, partitions } of rows) {
    const strange = partitions.find(({ bound }) => !isPlainBound(bound));
    if (strange) throw new Error(`partition ${strange.name} of ${table} is of an unknown kind`);
  }
  return rows;
}

/** Sequence → the value it gave last. */
export async function readSequences(client: pg.ClientBase): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; value: string }>(SEQUENCES);
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

/** As an identifier that no search path can divert. */
export function qualified(name: string): string {
  return `public.${pg.escapeIdentifier(name)}`;
}

export function columnList(columns: readonly string[]): string {
  return columns.map((name) => pg.escapeIdentifier(name)).join(', ');
}

/**
 * What both sides of a COPY agree on, and no limit of time: a big table takes as
 * long as it takes. Whoever stands in the way of a lock is waited for 10 s.
 */
export const SESSION = `
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL lock_timeout = '10s';
SET LOCAL row_security = off;
SET LOCAL timezone = 'UTC';
SET LOCAL datestyle = 'ISO';
SET LOCAL intervalstyle = 'postgres';
SET LOCAL bytea_output = 'hex';
SET LOCAL extra_float_digits = 3`;
