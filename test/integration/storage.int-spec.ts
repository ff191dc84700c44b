import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newCapability, newId } from '../../src/common/ids.js';
import { ConfigModule, type Env, EnvSecrets } from '../../src/config/index.js';
import { APPLICATION_ROLE, DatabaseModule } from '../../src/database/index.js';
import {
  AssetsRepository,
  LinkService,
  StorageHealth,
  StorageModule,
} from '../../src/storage/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { givePatience } from '../support/patience.js';

let database: TestDatabase;
let dataDir: string;

beforeAll(async () => void (database = await createTestDatabase()));
afterAll(() => database.drop());

beforeEach(async () => {
  await database.query('DELETE FROM assets');
  await database.query(`DELETE FROM settings WHERE key = 'store_id'`);
  dataDir = await mkdtemp(join(tmpdir(), 'easel-storage-'));
});

/** The storage of one process on a folder of its own, or on a shared one. */
async function startNode(folder = dataDir, ttlSeconds = 0): Promise<TestingModule> {
  const env = { STORAGE_DRIVER: 'local', DATA_DIR: folder, LINK_TTL_SECONDS: ttlSeconds };
  const node = await givePatience(
    await Test.createTestingModule({
      imports: [
        ConfigModule.forRoot(env as Env, new EnvSecrets({})),
        DatabaseModule.forRoot({ url: database.url, pooled: false, role: APPLICATION_ROLE }),
        StorageModule,
      ],
    })
      .setLogger({ log: () => undefined, warn: () => undefined, error: () => undefined })
      .compile(),
  );
  return await node.init();
}

async function givenRow(
  facts: { generationId?: string; ordinal?: number; issuedAgo?: string } = {},
) {
  const { generationId = null, ordinal = 0, issuedAgo = '0 s' } = facts;
  const [id, token] = [newId(), newCapability()];
  await database.query(
    `INSERT INTO assets (id, account_id, generation_id, ordinal, kind, sha256, media_type, width,
       height, bytes, visibility, credits, link_token, link_issued_at)
     VALUES ($1, $2, $3, $4, $5, repeat('a', 64), 'image/png', 10, 20, 5000000000, 'private', 2500,
       $6, now() - $7::interval)`,
    [id, newId(), generationId, ordinal, generationId ? 'output' : 'input', token, issuedAgo],
  );
  return { id, token };
}

describe(AssetsRepository.name, () => {
  let node: TestingModule;
  let assets: AssetsRepository;

  beforeEach(async () => {
    node = await startNode();
    assets = node.get(AssetsRepository);
  });
  afterEach(() => node.close());

  it('reads the outputs of generations in ordinal order, and nothing else', async () => {
    const [mine, other, none] = [newId(), newId(), newId()];
    const ids: string[] = [];
    for (const ordinal of [2, 0, 1])
      ids[ordinal] = (await givenRow({ generationId: mine, ordinal })).id;
    await givenRow({ generationId: other });
    await givenRow();

    expect((await assets.byGeneration(mine)).map(({ assetId }) => assetId)).toEqual(ids);
    expect(await assets.byGeneration(none)).toEqual([]);
    const several = await assets.byGenerations([mine, other, none]);
    expect([...several].map(([id, images]) => [id, images.length]).sort()).toEqual(
      [
        [mine, 3],
        [other, 1],
      ].sort(),
    );
    const [image] = await assets.byGeneration(other);
    expect(image).toMatchObject({
      bytes: 5_000_000_000,
      credits: 2500n,
      ordinal: 0,
      kind: 'output',
    });
  });

  it('replaces an expired link once when it is asked for many times at once', async () => {
    await node.close();
    node = await startNode(dataDir, 60);
    const links = node.get(LinkService);
    assets = node.get(AssetsRepository);
    const { token } = await givenRow({ issuedAgo: '61 s' });
    const asset = (await assets.byLinkToken(token))!;
    expect(links.isExpired(asset)).toBe(true);

    const paths = await Promise.all(Array.from({ length: 10 }, () => links.freshPath(asset)));

    expect(new Set(paths).size).toBe(1);
    expect(paths[0]).not.toBe(links.pathFor(asset));
    expect(await assets.byLinkToken(token)).toBeNull();
    const fresh = (await assets.byLinkToken(paths[0].slice(7, 29)))!;
    expect(links.isExpired(fresh)).toBe(false);
    expect(await links.freshPath(fresh)).toBe(paths[0]);
  });

  it('keeps links for ever without a time limit', async () => {
    const { token } = await givenRow({ issuedAgo: '100 years' });
    const asset = (await assets.byLinkToken(token))!;
    expect(await node.get(LinkService).freshPath(asset)).toBe(`/files/${token}.png`);
    expect(await assets.rotateLink(newId())).toBeNull();
  });
});

describe(StorageHealth.name, () => {
  const identity = (folder = dataDir) => join(folder, 'images', '.easel-store');

  /** What readiness would say of a process started now. */
  async function check(folder = dataDir) {
    const node = await startNode(folder);
    try {
      return await node.get(StorageHealth).check();
    } finally {
      await node.close();
    }
  }

  it('gives store and database one id at the first start and finds it at the next', async () => {
    expect(await check()).toEqual({ ok: true });
    const [{ value }] = await database.query<{ value: string }>(
      `SELECT value FROM settings WHERE key = 'store_id'`,
    );
    expect((await readFile(identity(), 'utf8')).trim()).toBe(value);
    expect(await check()).toEqual({ ok: true });
  });

  it('lets several first starts at once agree', async () => {
    const states = await Promise.all([check(), check(), check()]);
    expect(states).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
    expect(await check()).toEqual({ ok: true });
  });

  it('refuses the store of another database, and names both ids', async () => {
    await check();
    const stranger = newId();
    await writeFile(identity(), stranger);
    const { ok, reason } = await check();
    expect(ok).toBe(false);
    expect(reason).toContain(stranger);
  });

  it('refuses a store without an id when the database knows images', async () => {
    await check();
    await givenRow();
    await rm(join(dataDir, 'images'), { recursive: true });
    expect(await check()).toMatchObject({ ok: false, reason: expect.stringContaining('no id') });
  });

  it('refuses a used store when the database is new, and takes an empty one', async () => {
    await check();
    await database.query(`DELETE FROM settings WHERE key = 'store_id'`);
    expect(await check()).toEqual({ ok: true });
    await database.query(`DELETE FROM settings WHERE key = 'store_id'`);
    await mkdir(join(dataDir, 'images', newId()));
    expect(await check()).toMatchObject({ ok: false, reason: expect.stringContaining('another') });
  });

  it('finishes a first start that died half-way', async () => {
    await database.query(`INSERT INTO settings (key, value) VALUES ('store_id', $1)`, [newId()]);
    expect(await check()).toEqual({ ok: true });
  });

  it('notices that the store was taken away under a running process', async () => {
    const node = await startNode();
    const health = node.get(StorageHealth);
    expect(await health.check()).toEqual({ ok: true });
    await rm(join(dataDir, 'images'), { recursive: true });
    expect(await health.check(Date.now() + 60_000)).toMatchObject({ ok: false });
    await node.close();
  });

  it('says why a store cannot be written', async () => {
    await writeFile(join(dataDir, 'images'), 'a file where the folder must be');
    const { ok, reason } = await check();
    expect([ok, reason]).toEqual([false, expect.stringMatching(/EEXIST|ENOTDIR/)]);
  });
});
