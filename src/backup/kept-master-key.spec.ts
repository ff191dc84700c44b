import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadEnv } from '../config/index.js';
import { findMasterKey, refuseOtherKey, stageMasterKey } from './kept-master-key.js';

const KEY = 'the key of the backup, long enough for one';
const OTHER = 'another key, which is long enough as well';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'easel-key-'));
  file = join(folder, 'master-key');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const env = (more: Record<string, string> = {}) => loadEnv({ DATA_DIR: folder, ...more });

describe('the key of a backup', () => {
  it('is kept where the next start looks for it, for its owner only', async () => {
    await (await stageMasterKey(env(), KEY)).keep();

    expect(await findMasterKey(env())).toBe(KEY);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('is not in force before the database is', async () => {
    await writeFile(file, OTHER);

    const staged = await stageMasterKey(env(), KEY);

    expect(await findMasterKey(env())).toBe(OTHER);
    await staged.discard();
    expect(await readdir(folder)).toEqual(['master-key']);
  });

  it('takes the place of another one, which is not lost', async () => {
    await writeFile(file, OTHER);

    await (await stageMasterKey(env(), KEY)).keep();

    expect(await readFile(file, 'utf8')).toBe(KEY);
    const kept = (await readdir(folder)).filter((name) => name !== 'master-key');
    expect(kept).toEqual([expect.stringMatching(/^master-key\.replaced-\d+$/)]);
    expect(await readFile(join(folder, kept[0]), 'utf8')).toBe(OTHER);
  });

  it('is left alone where it is in force already, or where there is none', async () => {
    await writeFile(file, `${KEY}\n`);

    for (const key of [KEY, null]) await (await stageMasterKey(env(), key)).keep();

    expect(await readFile(file, 'utf8')).toBe(`${KEY}\n`);
  });

  it('never takes the place of MASTER_KEY', async () => {
    const set = env({ MASTER_KEY: OTHER });

    expect(() => refuseOtherKey(set, KEY)).toThrow('MASTER_KEY is not the key of this backup');
    await expect(stageMasterKey(set, KEY)).rejects.toThrow('MASTER_KEY is not the key');
    expect(await readdir(folder)).toEqual([]);
    expect(() => refuseOtherKey(env({ MASTER_KEY: KEY }), KEY)).not.toThrow();
    expect(() => refuseOtherKey(set, null)).not.toThrow();
  });
});

describe(findMasterKey.name, () => {
  it('prefers MASTER_KEY, and makes none where there is none', async () => {
    expect(await findMasterKey(env())).toBeNull();
    await writeFile(file, `${KEY}\n`);
    expect(await findMasterKey(env())).toBe(KEY);
    expect(await findMasterKey(env({ MASTER_KEY: OTHER }))).toBe(OTHER);
  });
});
