import type pg from 'pg';
import { MIGRATION_LOCK } from '../database/index.js';
import { BulkLoad } from './bulk-load.js';
import { Progress } from './progress.js';
import { type BackupContents, readBackup } from './read-backup.js';
import { type MigrationList, Schema } from './schema.js';
import { SESSION } from './tables.js';

export interface RestoreRequest {
  readonly file: string;
  /** What reading all of the file has found: nothing is begun with one that was not read. */
  readonly contents: BackupContents;
  /** A login that may create tables. */
  readonly ownerUrl: string;
  readonly migrations: MigrationList;
  /** Give up what the database holds now. */
  readonly replace: boolean;
  /** Nobody else can be using the database, whatever the leases in it say. */
  readonly alone: boolean;
  readonly say: (message: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes a database what it was when the backup was written, in one transaction:
 * it takes what Easel has there down, builds the schema by the migrations of the file, loads
 * the rows, and brings the result up to this program's migrations. Until the
 * commit everything is as it was, also after a crash.
 *
 * @throws Error in words for the operator; nothing has changed then
 */
export async function restoreBackup(request: RestoreRequest): Promise<void> {
  const schema = await Schema.open(request.ownerUrl, request.migrations);
  try {
    await new Restoration(schema, request).run();
    request.signal?.throwIfAborted();
    await schema.commit();
  } catch (error) {
    request.signal?.throwIfAborted();
    throw error;
  } finally {
    await schema.close();
  }
}

class Restoration {
  private readonly client: pg.ClientBase;

  constructor(
    private readonly schema: Schema,
    private readonly request: RestoreRequest,
  ) {
    this.client = schema.client;
  }

  async run(): Promise<void> {
    const { header, sequences } = this.request.contents;
    await this.client.query(SESSION);
    await this.client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await this.refuseUnfit();
    await this.schema.takeDown();
    await this.schema.build(header.migrations);
    const load = await BulkLoad.begin(this.client);
    await this.fill(load);
    await load.setSequences(sequences);
    await load.finish();
    await this.schema.build(this.schema.known);
  }

  private async refuseUnfit(): Promise<void> {
    const { contents, alone, replace } = this.request;
    this.refuseUnknown(contents.header.migrations, 'The backup');
    const applied = await this.schema.applied();
    this.refuseUnknown(applied, 'The database');
    if (applied.length === 0) return;
    if (!alone) await this.refuseInUse();
    if (!replace) await this.refuseRows();
  }

  private refuseUnknown(migrations: readonly string[], whose: string): void {
    const unknown = migrations.filter((name) => !this.schema.known.includes(name));
    if (unknown.length === 0) return;
    throw new Error(
      `${whose} comes from a newer Easel (${unknown.join(', ')}). Restore with that one or a later.`,
    );
  }

  /** The lock keeps a process that is just starting from joining in. */
  private async refuseInUse(): Promise<void> {
    await this.client.query('LOCK TABLE public.workers IN ACCESS EXCLUSIVE MODE');
    const { rows } = await this.client.query<{ name: string; seconds: number }>(
      `SELECT name, ceil(extract(epoch FROM lease_until - clock_timestamp()))::int AS seconds
         FROM public.workers WHERE lease_until > clock_timestamp() ORDER BY lease_until DESC`,
    );
    if (rows.length === 0) return;
    throw new Error(
      `Easel is running on this database (${rows.map(({ name }) => name).join(', ')}): stop it ` +
        `first. If it was killed, try again in ${rows[0].seconds} s.`,
    );
  }

  private async refuseRows(): Promise<void> {
    const { rows } = await this.client.query<{ used: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM public.accounts)
           OR EXISTS (SELECT 1 FROM public.generations) AS used`,
    );
    if (!rows[0].used) return;
    throw new Error(
      'This database holds accounts or generations. To give them up for those of the backup, ' +
        'say --replace.',
    );
  }

  /** Reads the file once more, and checks it once more: it may not have changed since. */
  private async fill(load: BulkLoad): Promise<void> {
    const { file, contents, say, signal } = this.request;
    const loaded = new Map<string, number>();
    const { sha256, tables } = await readBackup(file, async (section, rows) => {
      const { table } = section;
      if (!load.has(table)) return say(`  ${table} is no table of Easel: it is left out`);
      const progress = new Progress(table, say);
      loaded.set(table, await load.fill(section, progress.through(rows), signal));
      progress.done(loaded.get(table)!);
    });
    if (sha256 !== contents.sha256) throw new Error(`${file} has changed while it was read.`);
    const short = tables.find(({ name, rows }) => (loaded.get(name) ?? rows) !== rows);
    if (short) throw new Error(`Only ${loaded.get(short.name)} rows of ${short.name} were taken.`);
  }
}
