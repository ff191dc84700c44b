import pg from 'pg';
import { Database } from '../../src/database/index.js';
import { RetentionSettings } from '../../src/relay/retention/retention-settings.js';
import {
  ASKED,
  idAt,
  idOfAge,
  type Picture,
  type PictureFacts,
  RetentionRig,
} from '../support/retention-rig.js';
import { until } from '../support/until.js';

const PROMPT = 'a lighthouse that nobody else may know of ☂';

/** What an upstream was told besides goes with the prompt. */
const REQUEST = { ...ASKED, prompt: PROMPT, extras: { negative_prompt: PROMPT } };

describe('retention of prompts', () => {
  let rig: RetentionRig;

  beforeAll(async () => void (rig = await RetentionRig.start()));
  afterAll(() => rig.stop());
  beforeEach(async () => {
    await rig.database.query(`DELETE FROM settings WHERE key LIKE 'retention%'`);
  });

  it('keeps them for ever unless the operator says otherwise', async () => {
    const { generationId } = await given({ id: idOfAge(4_000) });

    expect(await rig.sweep('prompts')).toBe(0);
    expect(await scrubMonth()).toBeNull();

    expect(await promptOf(generationId)).toBe(PROMPT);
    await rig.database.query('DELETE FROM generation_inputs');
  });

  it('removes the old ones and leaves what answers and receipts are made of', async () => {
    const old = await given({ id: idOfAge(31) });
    const young = await given({ id: idOfAge(29) });
    const before = await rig.reader.find(rig.accountId, old.generationId);
    await keepFor(30);

    expect(await rig.sweep('prompts')).toBe(1);
    expect(await rig.sweep('prompts')).toBe(0);

    expect(await promptOf(young.generationId)).toBe(PROMPT);
    const after = await rig.reader.find(rig.accountId, old.generationId);
    expect(after).toEqual({
      ...before,
      request: {
        ...ASKED,
        prompt: '',
        promptBytes: Buffer.byteLength(PROMPT),
        parameters: { quality: 'low' },
      },
    });
    expect(after?.receipt.lines).toEqual([
      { label: 'image 1k, quality low', quantity: 1, unit: 2000n, amount: 2000n },
    ]);
    expect(await everything()).not.toContain(old.generationId + PROMPT);
  });

  it('leaves the prompt of a generation that is still being worked on', async () => {
    const { generationId } = await given({ id: idOfAge(40), settled: false });
    await keepFor(30);

    expect(await rig.sweep('prompts')).toBe(0);

    expect(await promptOf(generationId)).toBe(PROMPT);
  });

  it('lets the input images of old requests go, unless a young one has them too', async () => {
    const images = {
      old: await rig.givenInput('1 h'),
      shared: await rig.givenInput('1 h'),
      young: await rig.givenInput('1 h'),
      waiting: await rig.givenInput('1 h'),
    };
    await givenEdit(idOfAge(31), [images.old, images.shared]);
    await givenEdit(idOfAge(29), [images.shared, images.young]);
    await keepFor(30);

    await rig.sweep('prompts');

    const deleted: string[] = [];
    for (const [name, { assetId }] of Object.entries(images)) {
      if ((await rig.row(assetId)).deleted_at) deleted.push(name);
    }
    expect(deleted).toEqual(['old']);
    expect(await rig.sweep('pictures')).toBe(0);
    await rig.change(images.old.assetId, `deleted_at = now() - interval '25 h'`);
    expect(await rig.sweep('pictures')).toBe(1);
    expect(await rig.withObjects(images)).toEqual(['shared', 'young', 'waiting']);
  });

  it('goes on where it stopped, batch by batch, also when the time is made shorter', async () => {
    await plant(1_234, 100, 60);
    await keepFor(80);
    const first = await rig.sweep('prompts');
    await keepFor(1);
    const second = await rig.sweep('prompts');

    expect(first).toBeGreaterThan(500);
    expect(second).toBeGreaterThan(500);
    expect(await rig.count(`generation_inputs WHERE request ->> 'prompt' = 'planted'`)).toBe(0);
  });

  describe('of a month that is over', () => {
    /** The month before the last one, in which everything of it was made around the 15th. */
    const first = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 2, 1));
    const end = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 1);
    const month = first.toISOString().slice(0, 7).replace('-', '');
    const name = `generation_inputs_${month}`;
    const daysSince = (ms: number) => (Date.now() - ms) / 86_400_000;
    const middle = daysSince(first.getTime()) - 15;

    beforeAll(async () => {
      await rig.database.query('DELETE FROM generation_inputs');
      for (const parent of ['generations', 'generation_inputs']) {
        await rig.database.query(
          `SELECT easel_make_partition('${parent}', '${first.toISOString()}')`,
        );
      }
      await plant(700, middle + 5, middle - 5);
    });

    it('is not replaced before all of it is old enough', async () => {
      expect(await scrubMonth()).toBeNull();
      await keepFor(Math.ceil(daysSince(end)));
      expect(await scrubMonth()).toBeNull();
    });

    it('is not replaced while one of its generations is at work', async () => {
      const { generationId } = await given({ id: idOfAge(middle), settled: false });
      await keepFor(1);
      expect(await scrubMonth()).toBeNull();
      await rig.database.query(
        `UPDATE generations SET status = 'failed', finished_at = now() WHERE id = $1`,
        [generationId],
      );
    });

    it('is left for later while a backup reads the table', async () => {
      await keepFor(1);
      const backup = new pg.Client({ connectionString: rig.database.url });
      await backup.connect();
      await backup.query('BEGIN; LOCK TABLE generation_inputs IN ACCESS SHARE MODE');
      try {
        expect(await scrubMonth()).toBeNull();
      } finally {
        await backup.end();
      }
      expect(await rig.count(`${name} WHERE request ->> 'prompt' = 'planted'`)).toBe(700);
    });

    it('is given up at once when the process stops', async () => {
      await keepFor(1);
      const writer = new pg.Client({ connectionString: rig.database.url });
      await writer.connect();
      await writer.query(`BEGIN; LOCK TABLE ${name} IN ROW EXCLUSIVE MODE`);
      const node = await rig.addNode();
      try {
        const running = rig.run(node);
        await until(async () => (await waiting()) === 1);
        await node.close();
        await running;
        // The lock is still there: nothing but giving up ends the wait.
        await until(async () => (await waiting()) === 0);
      } finally {
        await writer.end();
        rig.nodes.splice(rig.nodes.indexOf(node), 1);
      }
      expect(await rig.count(`${name} WHERE request ->> 'prompt' = 'planted'`)).toBe(700);
    });

    it('is replaced by a copy without prompts, once, with every row', async () => {
      await keepFor(1);
      const before = await rig.count('generation_inputs');

      expect(await scrubMonth()).toBe(name);
      expect(await scrubMonth()).toBeNull();

      expect(await rig.count('generation_inputs')).toBe(before);
      expect(await rig.count(`${name} WHERE request ->> 'model' = 'planted'`)).toBe(700);
      expect(await rig.count(`${name} WHERE request ->> 'prompt' <> ''`)).toBe(0);
    });

    it('takes rows, finds them by their key and refuses twins as before', async () => {
      const { generationId } = await given({ id: idOfAge(middle) });
      const again = `INSERT INTO generation_inputs (generation_id, request) VALUES ($1, '{}')`;

      await expect(rig.database.query(again, [generationId])).rejects.toThrow('duplicate key');
      expect(await rig.count(`${name} WHERE generation_id = '${generationId}'`)).toBe(1);
      const plan = await rig.database.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT * FROM generation_inputs WHERE generation_id = '${generationId}'`,
      );
      expect(JSON.stringify(plan)).toContain(`${name}_pkey`);
    });

    it('is the sweep’s own work', async () => {
      await rig.database.query(`COMMENT ON TABLE ${name} IS NULL`);
      await rig.database.query(
        `UPDATE ${name} SET request = request || '{"prompt": "planted"}' WHERE true`,
      );
      await keepFor(1);
      const node = await rig.addNode();
      await rig.sweep('prompts', node);
      expect(await rig.count(`${name} WHERE request ->> 'prompt' <> ''`)).toBe(0);
      expect(await rig.count(`pg_class WHERE relname LIKE 'generation%copy%'`)).toBe(0);
    });
  });

  function given(facts: PictureFacts) {
    return rig.givenPicture({ request: REQUEST, ...facts });
  }

  function givenEdit(id: string, images: readonly Picture[]): Promise<Picture> {
    const inputs = images.map(({ assetId }) => {
      return { assetId, role: 'image', mediaType: 'image/png', bytes: 1, width: 1, height: 1 };
    });
    return given({ id, request: { ...REQUEST, inputs } });
  }

  function keepFor(days: number): Promise<void> {
    return rig.nodes[0].get(RetentionSettings).setInputsDays(days);
  }

  /** As the application role, which owns no table. */
  async function scrubMonth(): Promise<string | null> {
    const [{ name }] = await rig.nodes[0]
      .get(Database)
      .query<{ name: string | null }>({ text: 'SELECT easel_scrub_inputs_month() AS name' });
    return name;
  }

  /** Sessions that wait for the month's partition. */
  function waiting(): Promise<number> {
    return rig.count(`pg_stat_activity WHERE query LIKE '%easel_scrub_inputs_month() AS month%'
                       AND wait_event_type = 'Lock'`);
  }

  async function promptOf(generationId: string): Promise<string> {
    const found = await rig.reader.find(rig.accountId, generationId);
    return found?.request.prompt ?? 'none';
  }

  /** Id and prompt of every row there is. */
  async function everything(): Promise<string> {
    const rows = await rig.database.query<{ text: string }>(
      `SELECT generation_id::text || (request ->> 'prompt') AS text FROM generation_inputs`,
    );
    return rows.map(({ text }) => text).join('\n');
  }

  /** Ended generations with prompts, their ids spread over an age in days. */
  async function plant(count: number, oldest: number, youngest: number): Promise<void> {
    const day = 86_400_000;
    const span = ((oldest - youngest) * day) / count;
    const ids = Array.from({ length: count }, (_, i) =>
      idAt(Date.now() - oldest * day + Math.floor(i * span)),
    );
    await rig.database.query(
      `INSERT INTO generations (id, account_id, status, mode, surface, profile, model, operation,
         visibility, count, catalog_version, price_factor, unit_credits, hold_credits, fingerprint,
         deadline_at, finished_at)
       SELECT id, $2, 'failed', 'test', 's', 'p', 'm', 'generate', 'private', 1, 1, 1000, 0, 0,
              '\\x00', now(), now() FROM unnest($1::uuid[]) id`,
      [ids, rig.accountId],
    );
    await rig.database.query(
      `INSERT INTO generation_inputs (generation_id, request)
       SELECT id, '{"model": "planted", "prompt": "planted"}' FROM unnest($1::uuid[]) id`,
      [ids],
    );
  }
});
