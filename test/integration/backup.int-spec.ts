import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import { readBackup } from '../../src/backup/index.js';
import { type MigrationList, Schema } from '../../src/backup/schema.js';
import { keyCheck } from '../../src/start/master-key.js';
import {
  backUp,
  describeSchema,
  hashTables,
  MASTER_KEY,
  restore,
  rewrite,
} from '../support/backups.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { asset, command, item, settlement } from '../support/ledger-node.js';
import { LedgerRig } from '../support/ledger-rig.js';

/** What a later version of the schema may bring: every kind of column that is hard to carry. */
class Oddities1999999999998 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE oddities (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        parent bigint REFERENCES oddities, note text, raw bytea, tags text[], day date,
        at timestamptz, ratio double precision, amount numeric, took interval, more jsonb,
        twice text GENERATED ALWAYS AS (note || note) STORED
      );
      CREATE TABLE "Lines; of \\ text" (line text);
      INSERT INTO "Lines; of \\ text" VALUES ('made by the migration')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE oddities, "Lines; of \\ text"');
  }
}

class Later1999999999999 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE accounts ADD COLUMN shouted text;
                        UPDATE accounts SET shouted = upper(email)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE accounts DROP COLUMN shouted');
  }
}

const WITH_ODDITIES: MigrationList = [...MIGRATIONS, Oddities1999999999998];

let folder: string;
let rig: LedgerRig;
let file: string;
let targets: TestDatabase[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'easel-backup-'));
  rig = await LedgerRig.start();
  await givenWork();
  file = join(folder, 'one.easel');
  await backUp(rig.database.url, file);
});

afterEach(async () => {
  for (const target of targets) await target.drop();
  targets = [];
});

afterAll(async () => {
  await rig?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Settled, open and refused work, and a month long past with a partition of its own. */
async function givenWork(): Promise<void> {
  const { accountId, keyId } = await rig.givenAccount(10);
  const request = { ...command(accountId, keyId).request, count: 2 };
  const [done, open] = [2, 4].map((hold) => item(command(accountId, keyId, { request }), hold));
  for (const one of [done, open]) await rig.store().accept(one);
  await rig.store().settle(settlement(done, [asset(0, 1)]));
  await rig.database.query(`INSERT INTO settings VALUES ('master_key_check', $1)`, [
    keyCheck(MASTER_KEY),
  ]);
  await rig.database.query(
    `CREATE TABLE generation_inputs_202001 PARTITION OF generation_inputs
       FOR VALUES FROM ('016f5e66-e800-0000-0000-000000000000')
                    TO ('016ffe0c-5c00-0000-0000-000000000000')`,
  );
  await rig.database.query(
    `INSERT INTO generation_inputs VALUES ('016f5e66-e800-7000-8000-000000000001', '{"a": 1.0}')`,
  );
}

async function givenTarget(): Promise<TestDatabase> {
  const target = await createTestDatabase();
  targets.push(target);
  return target;
}

async function migrateTo(target: TestDatabase, migrations: MigrationList): Promise<void> {
  const schema = await Schema.open(target.url, migrations);
  await schema.build(schema.known);
  await schema.commit();
  await schema.close();
}

const path = (name: string) => join(folder, name);

describe('a restore', () => {
  it('brings every row back, and the partitions they were in', async () => {
    const target = await givenTarget();

    await restore(file, target.url);

    expect(await hashTables(target.url)).toEqual(await hashTables(rig.database.url));
    const [{ rows }] = await target.query<{ rows: number }>(
      'SELECT count(*)::int AS rows FROM generation_inputs_202001',
    );
    expect(rows).toBe(1);
    // Nobody works on a copy: whoever had a lease has it on the original.
    expect(await target.query('SELECT 1 FROM workers')).toEqual([]);
  });

  it('leaves the schema as migrations make it, with rights, triggers and keys in force', async () => {
    const [source, target] = [await givenTarget(), await givenTarget()];
    await backUp(source.url, path('empty'));

    await restore(path('empty'), target.url);

    expect(await describeSchema(target.url)).toEqual(await describeSchema(source.url));
  });

  it('carries bytes, arrays, times, numbers and text to the letter', async () => {
    const [source, target] = [await givenTarget(), await givenTarget()];
    await migrateTo(source, WITH_ODDITIES);
    await source.query(`
      INSERT INTO oddities (note, raw, tags, day, at, ratio, amount, took, more) VALUES
        (E'\\\\.', '\\x00ff0a5c', '{}', '-infinity', '-infinity', 'NaN', 'NaN', '1 mon -1 d', 'null'),
        ('', '', NULL, 'infinity', '2024-02-29 23:59:59.999999+14', '-0', 1e-30, '-1 us', '1e400'),
        (E'a\\tb\\nc\\rd\\\\N\\u00e9\\u0001🎨', decode(repeat('00ff', 200000), 'hex'),
          ARRAY['a,b', '"', NULL, 'NULL', '\\', '{'], '0044-03-15 BC', now(), 0.1::float8 + 0.2,
          12345678901234567890.12345, '0', '{"b": [1.10, "\\\\n"], "a": "\\u00fc"}'),
        (repeat('long ', 400000), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`);
    await source.query('UPDATE oddities SET parent = 5 - id');
    await source.query(
      String.raw`INSERT INTO "Lines; of \ text" VALUES ('\.'), (''), (NULL), (E'\n'), ('\N')`,
    );
    const before = await hashTables(source.url);
    await backUp(source.url, path('odd'));

    await restore(path('odd'), target.url, { migrations: WITH_ODDITIES });

    expect(await hashTables(target.url)).toEqual(before);
    expect(before.oddities).toMatch(/^4 /);
  });

  it('lets counted ids go on where they were', async () => {
    const [source, target] = [await givenTarget(), await givenTarget()];
    await migrateTo(source, WITH_ODDITIES);
    await source.query(`INSERT INTO oddities (note) VALUES ('a'), ('b'), ('c')`);
    await source.query('DELETE FROM oddities WHERE id = 3');
    await backUp(source.url, path('counted'));

    await restore(path('counted'), target.url, { migrations: WITH_ODDITIES });

    const [{ id }] = await target.query<{ id: bigint }>(
      `INSERT INTO oddities (note) VALUES ('d') RETURNING id::int`,
    );
    expect(id).toBe(4);
  });

  it('leaves out a table that is none of ours, and keeps the rest', async () => {
    const [source, target] = [await givenTarget(), await givenTarget()];
    await source.query('CREATE TABLE of_the_operator AS SELECT 1 AS one');
    await backUp(source.url, path('foreign'));
    const said: string[] = [];

    await restore(path('foreign'), target.url, { say: (line) => void said.push(line) });

    expect(said.join('\n')).toContain('of_the_operator is no table of Easel');
    const { of_the_operator: _, ...rest } = await hashTables(source.url);
    expect(await hashTables(target.url)).toEqual(rest);
  });
});

describe('a file of another version', () => {
  it('is loaded into the schema it came from and then migrated', async () => {
    const target = await givenTarget();

    await restore(file, target.url, { migrations: [...WITH_ODDITIES, Later1999999999999] });

    const rows = await target.query(
      'SELECT shouted FROM accounts WHERE shouted IS DISTINCT FROM upper(email)',
    );
    expect(rows).toEqual([]);
    expect(await target.query('SELECT line FROM "Lines; of \\ text"')).toHaveLength(1);
  });

  it('is refused when it is newer than the program, and so is a newer database', async () => {
    const newer = await givenTarget();
    await migrateTo(newer, WITH_ODDITIES);
    await backUp(newer.url, path('newer'));
    const target = await givenTarget();
    const before = await hashTables(newer.url);

    await expect(restore(path('newer'), target.url)).rejects.toThrow(
      'The backup comes from a newer Easel (Oddities1999999999998)',
    );
    await expect(restore(file, newer.url, { replace: true })).rejects.toThrow(
      'The database comes from a newer Easel (Oddities1999999999998)',
    );
    expect(await hashTables(newer.url)).toEqual(before);
  });
});

describe('a database in use', () => {
  it('is not overwritten unless that is said', async () => {
    const target = await givenTarget();
    await target.query(
      `INSERT INTO accounts (id, email) VALUES (gen_random_uuid(), 'mine@example.com')`,
    );
    const before = await hashTables(target.url);

    await expect(restore(file, target.url)).rejects.toThrow('say --replace');
    expect(await hashTables(target.url)).toEqual(before);

    await restore(file, target.url, { replace: true });
    expect(await hashTables(target.url)).toEqual(await hashTables(rig.database.url));
  });

  it('is left alone while a process has a lease on it', async () => {
    const before = await hashTables(rig.database.url);

    await expect(restore(file, rig.database.url, { replace: true })).rejects.toThrow(
      /^Easel is running on this database \(w\): stop it first.*try again in \d+ s/,
    );
    expect(await hashTables(rig.database.url)).toEqual(before);
  });

  it('is as it was when the restore fails at its very end', async () => {
    const target = await givenTarget();
    await restore(file, target.url);
    const before = await hashTables(target.url);
    const stranger = '00000000-0000-7000-8000-000000000000';
    await rewrite(file, path('orphans'), (lines) =>
      lines.map((line) => line.replace(/^(\S{36})\t\S{36}\tk\tsk/, `$1\t${stranger}\tk\tsk`)),
    );

    await expect(restore(path('orphans'), target.url, { replace: true })).rejects.toThrow(
      'violates foreign key constraint',
    );
    expect(await hashTables(target.url)).toEqual(before);
  });

  it('is as it was when the file was changed between the two readings', async () => {
    const target = await givenTarget();
    await rewrite(file, path('second'), (lines) => lines.map((line) => line.replace('@x', '@y')));
    const contents = await readBackup(file, () => Promise.resolve());
    const before = await hashTables(target.url);

    const swapped = restore(path('second'), target.url, { contents });
    await expect(swapped).rejects.toThrow('has changed while it was read');
    expect(await hashTables(target.url)).toEqual(before);
  });
});

describe('a backup', () => {
  it('can be read by its owner only, and replaces nothing', async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await writeFile(path('precious'), 'a photograph');

    await expect(backUp(rig.database.url, path('precious'))).rejects.toThrow('is there already');
    expect((await stat(path('precious'))).size).toBe('a photograph'.length);
  });

  it('that cannot be finished leaves no file', async () => {
    const nobody = await givenTarget();
    await nobody.query('DROP TABLE migrations');
    const stopped = { signal: AbortSignal.abort(new Error('stopped')) };

    await expect(backUp(rig.database.url, path('wrong'), { masterKey: 'x' })).rejects.toThrow(
      'The master key',
    );
    await expect(backUp(rig.database.url, path('wrong'), { masterKey: null })).rejects.toThrow(
      'The master key',
    );
    await expect(backUp(nobody.url, path('wrong'))).rejects.toThrow('migrations');
    await expect(backUp(rig.database.url, path('wrong'), stopped)).rejects.toThrow(/^stopped$/);
    await expect(backUp(rig.database.url, path('none/wrong'))).rejects.toThrow('ENOENT');
    expect((await readdir(folder)).filter((name) => name.startsWith('wrong'))).toEqual([]);
    expect(existsSync(path('none'))).toBe(false);
  });
});
