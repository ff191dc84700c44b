import type { QueryRunner } from 'typeorm';
import { Pages1764000000015 } from '../../migrations/1764000000015-pages.js';
import { newId } from '../../src/common/ids.js';
import { STATEMENT_PAGE, StatementReader } from '../../src/credits/statement-reader.js';
import { GenerationLines, LINES_PAGE } from '../../src/relay/generation-lines.js';
import { startApp, type TestApp } from '../support/app.js';

/** More for a measurement: `EASEL_PAGES_ROWS=1000000`. */
const ROWS = Number(process.env.EASEL_PAGES_ROWS ?? 10_000);
const SURFACE = 'rest-images';
/** Generations that the lines tell of, in turn: a page reads its own by their ids, however many there are. */
const COPIED = Math.min(ROWS - 1, 20_000);
/** Of 8 KiB; a page of 20 with all that is looked up for it. */
const MAX_BLOCKS = 100;

interface Blocks {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}

/** Of each request a hold and a capture, after one grant. */
const JOURNAL = `
INSERT INTO credit_entries (id, account_id, seq, kind, available_delta, held_delta,
                            available_after, held_after, generation_id, statement_line)
SELECT easel_uuid7(), $1, e.seq, e.kind, e.available, e.held, e.available_after, e.held_after,
       CASE WHEN e.kind <> 'grant' THEN gen_random_uuid() END, e.line
  FROM (SELECT 1 AS seq, 'grant' AS kind, $2::bigint AS available, 0 AS held,
               $2::bigint AS available_after, 0 AS held_after, 1 AS line
        UNION ALL SELECT 2 * n, 'hold', -1, 1, $2 - n, 1, n + 1 FROM generate_series(1, $2::int) n
        UNION ALL SELECT 2 * n + 1, 'capture', 0, -1, $2 - n, 0, n + 1
                    FROM generate_series(1, $2::int) n) e
 ORDER BY e.seq`;

describe('pages by offset', () => {
  let app: TestApp;
  let accountId: string;
  let statements: StatementReader;
  let lines: GenerationLines;

  beforeAll(async () => {
    app = await startApp();
    statements = app.app.get(StatementReader, { strict: false });
    lines = app.app.get(GenerationLines, { strict: false });
    accountId = await givenHistory();
  }, 1_800_000);

  afterAll(() => app.stop());

  async function givenHistory(): Promise<string> {
    const { id } = await app.givenAccount(0);
    await app.database.query(JOURNAL, [id, ROWS]);
    await app.database.query(
      'UPDATE credit_accounts SET next_seq = 2 * $2::int + 2, statement_lines = $2 + 1 WHERE account_id = $1',
      [id, ROWS],
    );
    const { secret } = await app.givenKey(id, { mode: 'test' });
    const made = await generate(secret);
    await app.database.query('CREATE TABLE copies (id uuid, n integer)');
    for (const copy of COPIES) await app.database.query(copy, [made, COPIED]);
    await app.database.query(LAST_LINE, [made, ROWS]);
    await app.database.query(LINES, [made, ROWS - 1, COPIED]);
    await app.database.query('ANALYZE');
    return id;
  }

  /** With a test key, so that the picture is drawn here. */
  async function generate(secret: string): Promise<string | null> {
    const answer = await fetch(`${app.url}/api/v1/images/generate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'a', modelId: 'openai:gpt-image-2' }),
    });
    await answer.arrayBuffer();
    return answer.headers.get('x-generation-id');
  }

  it('finds every line of a statement at its offset, captures left out', async () => {
    const rows = await app.database.query<{ id: string }>(
      `SELECT id FROM credit_entries WHERE account_id = $1 AND kind <> 'capture' ORDER BY seq DESC`,
      [accountId],
    );
    const total = rows.length;
    expect(total).toBe(ROWS + 1);
    for (const offset of [0, 1, 63, 64, 65, 1000, total - 130, total - 64, total - 1, total]) {
      const page = await statements.page(accountId, offset, 100);
      expect([offset, page.total, page.lines.map(({ id }) => id)]).toEqual([
        offset,
        total,
        rows.slice(offset, offset + 100).map(({ id }) => id),
      ]);
    }
  });

  it.each([0, 0.5, 0.999])('looks at few blocks only, %s of the way', async (share) => {
    const offset = Math.floor(ROWS * share);
    const started = performance.now();
    const statement = await statements.page(accountId, offset, 20);
    const between = performance.now();
    const images = await lines.page(accountId, SURFACE, { offset, limit: 20 });
    const ended = performance.now();
    const newest = statement.total - offset;
    const found = Math.min(20, ROWS - offset);
    expect([images.total, images.generations.length]).toEqual([ROWS, found]);
    const blocks = [
      await blocksOf(STATEMENT_PAGE, [accountId, newest, Math.ceil(newest / 64) * 64, 20]),
      await blocksOf(LINES_PAGE, [accountId, SURFACE, offset, 20]),
    ];
    process.stdout.write(
      `${ROWS} rows, offset ${offset}: statement ${(between - started).toFixed(1)} ms, ` +
        `images ${(ended - between).toFixed(1)} ms, blocks ${blocks.join(' and ')}\n`,
    );
    expect(Math.max(...blocks)).toBeLessThan(MAX_BLOCKS);
  });

  it('numbers what is delivered at once without a gap', async () => {
    const { secret, accountId: other } = await app.givenCustomer(0, { mode: 'test' });
    const ids = await Promise.all(Array.from({ length: 3 }, () => generate(secret)));
    const page = await lines.page(other, SURFACE, { offset: 0, limit: 20 });
    expect([page.total, page.generations.map(({ id }) => id).sort()]).toEqual([3, ids.sort()]);
    expect(await lines.page(newId(), SURFACE, { offset: 0, limit: 20 })).toEqual({
      total: 0,
      generations: [],
    });
    expect(await statements.page(newId(), 0, 20)).toEqual({ total: 0, lines: [] });
  });

  it('numbers a journal that was there before as it would have been', async () => {
    const before = await app.database.query(NUMBERS);
    const query = (text: string) => app.database.query(text);
    const pages = new Pages1764000000015();
    await pages.down({ query } as unknown as QueryRunner);
    const started = performance.now();
    await pages.up({ query } as unknown as QueryRunner);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    process.stdout.write(`${2 * ROWS + 1} lines numbered in ${seconds} s\n`);
    expect(await app.database.query(NUMBERS)).toEqual(before);
  }, 600_000);

  async function blocksOf(text: string, values: unknown[]): Promise<number> {
    const [row] = await app.database.query<{ 'QUERY PLAN': { Plan: Blocks }[] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
      values,
    );
    const { Plan: plan } = row['QUERY PLAN'][0];
    return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  }
});

const NUMBERS = `
SELECT count(*)::int AS entries, sum(statement_line)::text AS lines, count(statement_line) AS numbered,
       (SELECT sum(statement_lines)::text FROM credit_accounts) AS totals FROM credit_entries`;

/** Copies of a generation, delivered before it. */
const COPIES = [
  `INSERT INTO copies SELECT easel_uuid7(), n FROM generate_series(1, $2::int) n WHERE $1::uuid IS NOT NULL`,
  `INSERT INTO generations
   SELECT (jsonb_populate_record(g, jsonb_build_object('id', c.id))).* FROM generations g, copies c
    WHERE g.id = $1 AND $2::int > 0`,
  `INSERT INTO generation_inputs SELECT c.id, i.request, i.request_id
     FROM generation_inputs i, copies c WHERE i.generation_id = $1 AND $2::int > 0`,
  `INSERT INTO assets
   SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'generation_id', c.id,
            'link_token', c.id::text))).*
     FROM assets a, copies c WHERE a.generation_id = $1 AND $2::int > 0`,
];

/** Its own comes after theirs. */
const LAST_LINE = 'UPDATE generation_lines SET line = $2::int WHERE generation_id = $1';
const LINES = `
INSERT INTO generation_lines SELECT g.account_id, g.surface, line, c.id
  FROM generations g, generate_series(1, $2::int) line JOIN copies c ON c.n = 1 + line % $3::int
 WHERE g.id = $1`;
