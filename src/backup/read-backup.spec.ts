import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readBackup } from './read-backup.js';

const HEADER = JSON.stringify({ easelBackup: 1, migrations: ['A1'], createdAt: 'now' });
const SECRETS = JSON.stringify({ masterKey: 'k' });
const TABLE = JSON.stringify({ table: 't', columns: ['a'], partitions: [] });
const SEQUENCES = JSON.stringify({ sequences: { s: '12' } });
/** As much as is decompressed at a time. */
const CHUNK_BYTES = 64 * 1024;

let folder: string;
let made = 0;

beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'easel-read-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

function withRows(rows: readonly string[], count = rows.length): string[] {
  return [HEADER, SECRETS, TABLE, ...rows, '\\.', JSON.stringify({ rows: count }), SEQUENCES];
}

async function fileOf(lines: readonly string[], end?: string): Promise<string> {
  const text = lines.map((line) => `${line}\n`).join('');
  const sha256 = createHash('sha256').update(text).digest('hex');
  return written(gzipSync(`${text}${end ?? `${JSON.stringify({ sha256 })}\n`}`));
}

async function written(bytes: Buffer): Promise<string> {
  const file = join(folder, String((made += 1)));
  await writeFile(file, bytes);
  return file;
}

async function rowsOf(file: string): Promise<string> {
  const pieces: Buffer[] = [];
  await readBackup(file, async (_section, rows) => {
    for await (const piece of rows) pieces.push(piece);
  });
  return Buffer.concat(pieces).toString('utf8');
}

const unread = () => Promise.resolve();

describe(readBackup.name, () => {
  it('tells what the file holds', async () => {
    const contents = await readBackup(await fileOf(withRows(['1', '2'])), unread);

    expect(contents).toMatchObject({
      header: { migrations: ['A1'] },
      masterKey: 'k',
      tables: [{ name: 't', rows: 2 }],
      sequences: { s: '12' },
    });
  });

  it('finds the end of the rows wherever it lies in what is read at a time', async () => {
    const before = [HEADER, SECRETS, TABLE, ''].join('\n').length;
    for (let shift = -6; shift <= 3; shift++) {
      const rows = ['x'.repeat(CHUNK_BYTES - before + shift - 1)];
      expect(await rowsOf(await fileOf(withRows(rows)))).toBe(`${rows[0]}\n`);
      const short = [...rows, 'y'];
      expect(await rowsOf(await fileOf(withRows(short)))).toBe(`${short.join('\n')}\n`);
    }
  });

  it('passes a row of many megabytes, and rows that look like the end mark', async () => {
    const rows = [randomBytes(5_000_000).toString('hex'), '\\\\.', '\\.x', 'x\\.', '', '\\N'];

    expect(await rowsOf(await fileOf(withRows(rows)))).toBe(`${rows.join('\n')}\n`);
  });

  it('passes on what the visitor fails with', async () => {
    const file = await fileOf(withRows(['1']));

    const refusing = readBackup(file, () => Promise.reject(new Error('no room')));
    await expect(refusing).rejects.toThrow(/^no room$/);
  });
});

describe('a file that is not whole', () => {
  it.each([
    ['nothing', async () => written(Buffer.alloc(0)), 'cut short'],
    ['no gzip', async () => written(Buffer.from('SELECT 1;')), 'no backup'],
    ['other text', async () => written(gzipSync('{"a": 1}\n')), 'no backup'],
    ['text without lines', async () => written(gzipSync('x'.repeat(2_000_000))), 'no backup'],
    ['no file', async () => join(folder, 'none'), 'no such file'],
    ['a folder', async () => folder, 'EISDIR'],
    ['no trailer', async () => fileOf(withRows(['1']), ''), 'cut short'],
    ['half a trailer', async () => fileOf(withRows(['1']), '{"sha'), 'cut short'],
    ['an end within rows', async () => fileOf([HEADER, SECRETS, TABLE, '1'], ''), 'cut short'],
    ['a row too few', async () => fileOf(withRows(['1'], 2)), 't has 1 rows of 2'],
    ['a row too many', async () => fileOf(withRows(['1', '2'], 1)), 't has 2 rows of 1'],
    ['another hash', async () => fileOf(withRows(['1']), '{"sha256":"00"}\n'), 'SHA-256'],
    ['no list of migrations', async () => fileOf(['{"easelBackup":1}']), 'line of the header'],
    ['no secrets', async () => fileOf([HEADER, '{}']), 'line of the secrets'],
    ['no sequences', async () => fileOf([HEADER, SECRETS, '{}']), 'line of the sequences'],
    ['rubbish for a line', async () => fileOf([HEADER, 'x']), 'a line is not as it should be'],
    ['null for a line', async () => fileOf(['null']), 'no backup'],
  ])('(%s) is refused in words', async (_name, make, reason) => {
    const file = await make();

    const refusing = readBackup(file, unread);
    await expect(refusing).rejects.toThrow(`${file} cannot be used: `);
    await expect(refusing).rejects.toThrow(reason);
  });

  it('is refused when it goes on after its end', async () => {
    const lines = withRows(['1']);
    const sha256 = createHash('sha256')
      .update(`${lines.join('\n')}\n`)
      .digest('hex');

    const file = await fileOf(lines, `${JSON.stringify({ sha256 })}\nmore\n`);
    await expect(readBackup(file, unread)).rejects.toThrow('it goes on after its end');
  });

  it('is refused wherever one byte of it was changed', async () => {
    const rows = Array.from({ length: 200 }, () => randomBytes(20).toString('hex'));
    const whole = await readFile(await fileOf(withRows(rows)));
    // The header of gzip (10 bytes) names a time and a system, which mean nothing to us.
    for (let at = 10; at < whole.length; at += 37) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 0x10;
      await expect(readBackup(await written(damaged), unread)).rejects.toThrow('cannot be used');
    }
  });

  it('is refused wherever it was cut', async () => {
    const whole = await readFile(await fileOf(withRows(['1', '2', '3'])));
    for (let length = 0; length < whole.length; length += 5) {
      const cut = await written(whole.subarray(0, length));
      await expect(readBackup(cut, unread)).rejects.toThrow('cut short');
    }
  });
});

describe('a file that becomes SQL', () => {
  it.each([
    `DEFAULT`,
    `FOR VALUES FROM ('a') TO ('b'); DROP TABLE accounts`,
    `FOR VALUES FROM ('a') TO ('b' || 'c')`,
    `FOR VALUES FROM (pg_sleep(1)) TO ('b')`,
  ])('is refused when a partition bound is more than two literals: %s', async (bound) => {
    const table = { table: 't', columns: ['a'], partitions: [{ name: 'p', bound }] };

    const file = await fileOf([HEADER, SECRETS, JSON.stringify(table)]);
    await expect(readBackup(file, unread)).rejects.toThrow('line of the table t');
  });

  it('is refused when another program wrote it in another format', async () => {
    const file = await fileOf([JSON.stringify({ easelBackup: 2, migrations: [] })]);

    await expect(readBackup(file, unread)).rejects.toThrow(
      'it has format 2 and this Easel reads 1',
    );
  });
});
