import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkImages } from '../../src/backup/index.js';
import { newId } from '../../src/common/ids.js';
import { loadEnv } from '../../src/config/index.js';
import { type BlobDriver, createDriver } from '../../src/storage/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const BYTES = 5;

let dataDir: string;
let database: TestDatabase;
let store: BlobDriver;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'easel-missing-'));
  database = await createTestDatabase();
  store = await createDriver(loadEnv({ DATA_DIR: dataDir }));
  await store.prepare();
});

afterEach(async () => {
  store.close();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

async function givenImage(stored: string | null, removed = false): Promise<string> {
  const [id, accountId] = [newId(), newId()];
  await database.query(
    `INSERT INTO assets (id, account_id, ordinal, kind, sha256, media_type, width, height, bytes,
                         visibility, link_token, removed_at)
     VALUES ($1, $2, 0, 'input', repeat('0', 64), 'image/png', 1, 1, $3, 'private', $4, $5)`,
    [id, accountId, BYTES, id, removed ? new Date() : null],
  );
  if (stored === null) return id;
  const path = join(dataDir, 'spooled');
  await writeFile(path, stored);
  const blob = { path, bytes: stored.length, sha256: Buffer.alloc(32) };
  await store.store({ ...blob, mediaType: 'image/png' }, { accountId, assetId: id });
  return id;
}

const check = () => checkImages(database.url, store, () => undefined);

describe(checkImages.name, () => {
  it('counts what the store lacks or has with another size, and nothing that was removed', async () => {
    await givenImage('whole');
    const [cut, lost] = [await givenImage('who'), await givenImage(null)];
    await givenImage(null, true);

    const { expected, missing, examples } = await check();

    expect({ expected, missing }).toEqual({ expected: 3, missing: 2 });
    expect([...examples].sort()).toEqual([cut, lost].sort());
  });

  it('looks for all of them, however many there are', async () => {
    await database.query(
      `INSERT INTO assets (id, account_id, ordinal, kind, sha256, media_type, width, height, bytes,
                           visibility, link_token)
       SELECT easel_uuid7(), easel_uuid7(), 0, 'input', repeat('0', 64), 'image/png', 1, 1, 1,
              'private', i FROM generate_series(1, 2500) i`,
    );

    expect(await check()).toMatchObject({ expected: 2_500, missing: 2_500 });
    expect((await check()).examples).toHaveLength(5);
  });

  it('says when the store is that of another database', async () => {
    expect(await check()).toMatchObject({ stranger: null });
    await database.query(`INSERT INTO settings VALUES ('store_id', 'ours')`);
    expect(await check()).toMatchObject({
      stranger: 'it carries no id, and the database expects ours',
    });
    await store.writeIdentity('theirs');
    expect(await check()).toMatchObject({
      stranger: 'it carries the id theirs, and the database expects ours',
    });
  });

  it('fails when the store cannot be asked, instead of calling everything missing', async () => {
    await givenImage(null);
    const broken = Object.create(store, {
      open: { value: () => Promise.reject(new Error('EIO')) },
    }) as BlobDriver;

    await expect(checkImages(database.url, broken, () => undefined)).rejects.toThrow('EIO');
  });
});
