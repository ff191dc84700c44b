import { randomBytes } from 'node:crypto';
import { Database } from '../../src/database/index.js';
import { command, item, settlement } from '../support/ledger-node.js';
import { idAt, RetentionRig } from '../support/retention-rig.js';

/** The furthest month that is made ahead, and a moment in it. */
const AHEAD = 2;
const MONTH = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + AHEAD, 15));
const SUFFIX = MONTH.toISOString().slice(0, 7).replace('-', '');

interface Made {
  readonly name: string;
  readonly moved: bigint;
  readonly problem: string | null;
}

describe('partitions made ahead', () => {
  let rig: RetentionRig;

  beforeEach(async () => void (rig = await RetentionRig.start()));
  afterEach(() => rig.stop());

  it('are there from the start, and made again when one is missing', async () => {
    expect(await ensure()).toEqual([]);
    await dropMonth('generations');
    expect(await ensure()).toEqual([{ name: `generations_${SUFFIX}`, moved: 0n, problem: null }]);
    expect(await ensure()).toEqual([]);
  });

  it('take over what a node with a wild clock has put into the default partition', async () => {
    for (const parent of ['generations', 'generation_inputs']) await dropMonth(parent);
    const wild = await rig.givenPicture({ id: idAt(MONTH.getTime()) });
    const wilder = await rig.givenPicture({ id: idAt(Date.UTC(2090, 0, 1)) });
    expect(await rig.count('generations_default')).toBe(2);

    expect(await ensure()).toEqual([
      { name: `generations_${SUFFIX}`, moved: 1n, problem: null },
      { name: `generation_inputs_${SUFFIX}`, moved: 1n, problem: null },
    ]);

    expect(await rig.count('generations_default')).toBe(1);
    expect(await rig.count('generation_inputs_default')).toBe(1);
    for (const { generationId } of [wild, wilder]) {
      const found = await rig.reader.find(rig.accountId, generationId);
      expect(found).toMatchObject({ status: 'succeeded', images: [{ ordinal: 0 }] });
    }
    const next = await rig.givenPicture({ id: idAt(MONTH.getTime()) });
    expect(await rig.count(`generations_${SUFFIX} WHERE id = '${next.generationId}'`)).toBe(1);
    expect(await rig.violations()).toEqual([]);
  });

  it('take the journal’s lines over as they are, and leave it immutable', async () => {
    await dropMonth('credit_entries');
    const ids = [idAt(MONTH.getTime()), idAt(MONTH.getTime())];
    for (const [index, id] of ids.entries()) {
      await rig.database.query(
        `INSERT INTO credit_entries (id, account_id, seq, kind, available_delta, held_delta,
           available_after, held_after) VALUES ($1, $2, $3, 'grant', 5, 0, 5, 0)`,
        [id, rig.accountId, 100 + index],
      );
    }
    const lines = 'SELECT * FROM credit_entries ORDER BY id';
    const before = await rig.database.query(lines);

    expect(await ensure()).toEqual([
      { name: `credit_entries_${SUFFIX}`, moved: 2n, problem: null },
    ]);

    expect(await rig.database.query(lines)).toEqual(before);
    expect(await rig.count(`credit_entries_${SUFFIX}`)).toBe(2);
    for (const table of ['credit_entries', `credit_entries_${SUFFIX}`, 'credit_entries_default']) {
      await rig.database.query(
        `INSERT INTO credit_entries (id, account_id, seq, kind, available_delta, held_delta,
           available_after, held_after) VALUES ($1, $2, $3, 'grant', 5, 0, 5, 0)`,
        [idAt(Date.UTC(2091, 0, 1)), rig.accountId, Math.floor(Math.random() * 1e9)],
      );
      const refused = rig.database.query(`DELETE FROM ${table}`);
      await expect(refused).rejects.toThrow('journal entries are immutable');
    }
  });

  it('wait until a generation in the default partition has ended; others are made', async () => {
    for (const parent of ['generations', 'credit_entries']) await dropMonth(parent);
    const accepted = item(command(rig.accountId, null), 2, { id: idAt(MONTH.getTime()) });
    await rig.store.accept(accepted);

    expect(await ensure()).toEqual([
      {
        name: `generations_${SUFFIX}`,
        moved: 0n,
        problem: 'the default partition holds unfinished generations of this month',
      },
      { name: `credit_entries_${SUFFIX}`, moved: 0n, problem: null },
    ]);

    expect(await rig.store.settle(settlement(accepted, []))).toBe('ok');
    expect(await ensure()).toEqual([{ name: `generations_${SUFFIX}`, moved: 1n, problem: null }]);
    expect(await rig.violations()).toEqual([]);
  });

  it('are not made at the price of a long lock', async () => {
    await dropMonth('generation_inputs');
    const ids = Array.from({ length: 10_001 }, () => idAt(MONTH.getTime()));
    await rig.database.query(
      `INSERT INTO generation_inputs SELECT id, '{}' FROM unnest($1::uuid[]) id`,
      [ids],
    );

    const [{ problem }] = await ensure();

    expect(problem).toContain('10001 rows of this month, too many to move');
    expect(await rig.count('generation_inputs_default')).toBe(10_001);
  });

  it('are made while requests are accepted and settled', async () => {
    let stopped = false;
    const working = Promise.all(
      Array.from({ length: 4 }, async () => {
        let done = 0;
        for (; !stopped; done += 1) await rig.givenPicture();
        return done;
      }),
    );
    for (let round = 0; round < 10; round += 1) {
      for (const parent of ['generations', 'generation_inputs']) await dropMonth(parent);
      for (const { problem } of await ensure()) expect(problem).toBeNull();
    }
    stopped = true;

    expect(Math.min(...(await working))).toBeGreaterThan(0);
    expect(await rig.violations()).toEqual([]);
  });

  it('are made by nobody else than the owner’s function', async () => {
    const database = rig.nodes[0].get(Database);
    const mine = `x${randomBytes(4).toString('hex')}`;
    for (const text of [
      `CREATE TABLE ${mine} (LIKE generations)`,
      `SELECT easel_make_partition('generations', '2031-01-01')`,
      `SELECT easel_ensure_partitions('accounts', 1)`,
      'ALTER TABLE credit_entries_default DISABLE TRIGGER ALL',
      'DROP TABLE generation_inputs_default',
    ]) {
      await expect(database.query({ text })).rejects.toThrow(
        /permission denied|must be owner|no partitions of ours/,
      );
    }
  });

  async function ensure(): Promise<Made[]> {
    const made: Made[] = [];
    for (const parent of ['generations', 'generation_inputs', 'credit_entries']) {
      made.push(
        ...(await rig.nodes[0].get(Database).query<Made>({
          text: 'SELECT name, moved, problem FROM easel_ensure_partitions($1, $2)',
          values: [parent, AHEAD],
        })),
      );
    }
    return made;
  }

  function dropMonth(parent: string): Promise<object[]> {
    return rig.database.query(`DROP TABLE ${parent}_${SUFFIX}`);
  }
});
