import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { CopyIn } from './copy-in.js';
import type { Partition, TableSection } from './format.js';
import { columnList, listTables, qualified } from './tables.js';

/** Two statements that undo each other. */
interface Reversible {
  readonly off: string;
  readonly on: string;
}

/**
 * Triggers tell the program's own changes apart or add rows of their own (counters,
 * the end of demo pictures); what is loaded has been through them once. The journal's
 * guard against being emptied is one of them.
 */
const TRIGGERS = `
SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', t.tgrelid::regclass, t.tgname) AS off,
       format('ALTER TABLE %s ENABLE TRIGGER %I', t.tgrelid::regclass, t.tgname) AS on
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal AND t.tgenabled = 'O'`;

/** Made again at the end, they check all rows at once, whatever order these came in. */
const FOREIGN_KEYS = `
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname) AS off,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.conrelid::regclass, k.conname,
              pg_get_constraintdef(k.oid)) AS on
  FROM pg_constraint k
 WHERE k.connamespace = 'public'::regnamespace AND k.contype = 'f' AND k.conparentid = 0`;

/** Fills the tables of a schema that was just built, inside its transaction. */
export class BulkLoad {
  private constructor(
    private readonly client: pg.ClientBase,
    private readonly tables: ReadonlySet<string>,
    private readonly switched: readonly Reversible[],
  ) {}

  /** Empties the tables of the rows that migrations put there, and holds off triggers and keys. */
  static async begin(client: pg.ClientBase): Promise<BulkLoad> {
    const triggers = await client.query<Reversible>(TRIGGERS);
    const keys = await client.query<Reversible>(FOREIGN_KEYS);
    const switched = [...triggers.rows, ...keys.rows];
    for (const { off } of switched) await client.query(off);
    const names = (await listTables(client)).map(({ table }) => table);
    await client.query(`TRUNCATE ${names.map(qualified).join(', ')}`);
    return new BulkLoad(client, new Set(names), switched);
  }

  /** False for a table that none of the migrations made: it is somebody else's. */
  has(table: string): boolean {
    return this.tables.has(table);
  }

  /** Appends rows in COPY's text format. @returns how many the server took */
  async fill(
    { table, columns, partitions }: TableSection,
    rows: AsyncIterable<Buffer>,
    signal?: AbortSignal,
  ): Promise<number> {
    for (const partition of partitions) await this.ensurePartition(table, partition);
    const copy = new CopyIn(`COPY ${qualified(table)} (${columnList(columns)}) FROM STDIN`);
    this.client.query(copy);
    await pipeline(rows, copy, { signal });
    return copy.rows;
  }

  async setSequences(sequences: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(sequences)) {
      await this.client.query('SELECT setval($1::regclass, $2)', [qualified(name), value]);
    }
  }

  /** Puts triggers and keys back, and has the planner know the new rows. */
  async finish(): Promise<void> {
    for (const { on } of this.switched) await this.client.query(on);
    await this.client.query(`ANALYZE ${[...this.tables].map(qualified).join(', ')}`);
  }

  /** Of a month long past: migrations make those from now on. */
  private async ensurePartition(table: string, { name, bound }: Partition): Promise<void> {
    const { rows } = await this.client.query<{ there: boolean }>(
      'SELECT to_regclass($1) IS NOT NULL AS there',
      [qualified(name)],
    );
    if (rows[0].there) return;
    await this.client.query(
      `CREATE TABLE ${qualified(name)} PARTITION OF ${qualified(table)} ${bound}`,
    );
  }
}
