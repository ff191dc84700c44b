import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import pg from 'pg';
import { keyCheck } from '../start/master-key.js';
import { CopyOut } from './copy-out.js';
import { END_OF_ROWS, FORMAT, type Header, type TableSection, toLine } from './format.js';
import { writeNewFile } from './new-file.js';
import { Progress } from './progress.js';
import { columnList, listTables, qualified, readSequences, SESSION } from './tables.js';

/** Rows of uuids and numbers: higher levels cost twice the time for a few per cent. */
const GZIP_LEVEL = 3;

export interface BackupRequest {
  /** Must not exist yet. */
  readonly file: string;
  /** A login that owns the tables. */
  readonly ownerUrl: string;
  readonly masterKey: string | null;
  /** Version of this program, for the header. */
  readonly program: string;
  readonly say: (message: string) => void;
  /** Gives up and leaves no file. */
  readonly signal?: AbortSignal;
}

export interface BackupReport {
  readonly tables: number;
  readonly rows: number;
  /** Size of the file. */
  readonly bytes: number;
}

/**
 * Writes every row of one instant into one file, while the server works on. The
 * instant is one snapshot of the database; nothing is locked that requests use.
 *
 * @throws Error in words for the operator; there is no file then
 */
export async function writeBackup(request: BackupRequest): Promise<BackupReport> {
  const client = new pg.Client({
    connectionString: request.ownerUrl,
    application_name: 'easel-backup',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const backup = new Backup(client, request);
    await writeNewFile(request.file, async (sink) => {
      const gzip = createGzip({ level: GZIP_LEVEL, chunkSize: 64 * 1024 });
      await pipeline(withTrailer(backup.contents()), gzip, sink, { signal: request.signal });
    });
    return { ...backup.counted, bytes: (await stat(request.file)).size };
  } catch (error) {
    request.signal?.throwIfAborted();
    throw error;
  } finally {
    await client.end();
  }
}

class Backup {
  readonly counted = { tables: 0, rows: 0 };

  constructor(
    private readonly client: pg.Client,
    private readonly request: BackupRequest,
  ) {}

  async *contents(): AsyncGenerator<Buffer> {
    const tables = await this.takeSnapshot();
    yield toLine(await this.header());
    yield toLine({ masterKey: await this.checkedMasterKey() });
    for (const table of tables) yield* this.table(table);
    yield toLine({ sequences: await readSequences(this.client) });
    await this.client.query('COMMIT');
  }

  /**
   * Locks the tables against being changed or dropped (not against work), and
   * only then takes the snapshot, so that it finds the rows of all of them.
   */
  private async takeSnapshot(): Promise<TableSection[]> {
    const expected = await listTables(this.client);
    if (expected.length === 0) throw new Error('There is no database of Easel to back up.');
    await this.client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await this.client.query(SESSION);
    const names = expected.map(({ table }) => qualified(table)).join(', ');
    await this.client.query(`LOCK TABLE ${names} IN ACCESS SHARE MODE`);
    const tables = await listTables(this.client);
    if (JSON.stringify(tables) !== JSON.stringify(expected)) {
      throw new Error('The schema was being changed meanwhile. Please try again.');
    }
    return tables;
  }

  private async header(): Promise<Header> {
    const version = await this.client.query<{ postgres: string }>(
      `SELECT current_setting('server_version') AS postgres`,
    );
    const applied = await this.client.query<{ name: string }>(
      'SELECT name FROM public.migrations ORDER BY id',
    );
    return {
      easelBackup: FORMAT,
      createdAt: new Date().toISOString(),
      program: this.request.program,
      postgres: version.rows[0].postgres,
      migrations: applied.rows.map(({ name }) => name),
    };
  }

  /** A backup with a wrong key, or without one, would be found out when it is needed. */
  private async checkedMasterKey(): Promise<string | null> {
    const { masterKey } = this.request;
    const { rows } = await this.client.query<{ value: string }>(
      `SELECT value FROM public.settings WHERE key = 'master_key_check'`,
    );
    if (rows.length > 0 && (masterKey === null || keyCheck(masterKey) !== rows[0].value)) {
      throw new Error(
        'The master key (MASTER_KEY, or the file master-key in DATA_DIR) is not the one this ' +
          'database was made with, so nothing it encrypts could be read after a restore.',
      );
    }
    return masterKey;
  }

  private async *table(section: TableSection): AsyncGenerator<Buffer> {
    const progress = new Progress(section.table, this.request.say);
    yield toLine(section);
    const copy = new CopyOut(
      `COPY (SELECT ${columnList(section.columns)} FROM ${qualified(section.table)}) TO STDOUT`,
    );
    this.client.query(copy);
    yield* progress.through(copy);
    yield Buffer.from(`${END_OF_ROWS}\n`);
    yield toLine({ rows: copy.rows });
    this.counted.tables += 1;
    this.counted.rows += copy.rows;
    progress.done(copy.rows);
  }
}

async function* withTrailer(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
  yield toLine({ sha256: hash.digest('hex') });
}
