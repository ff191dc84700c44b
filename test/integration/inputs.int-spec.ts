import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { newId } from '../../src/common/ids.js';
import { ConfigModule, type Env, EnvSecrets } from '../../src/config/index.js';
import { APPLICATION_ROLE, DatabaseModule } from '../../src/database/index.js';
import {
  AssetStore,
  ImageRejectedError,
  InputImages,
  StorageModule,
} from '../../src/storage/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { givePatience } from '../support/patience.js';
import { makeImage } from '../support/images.js';

let database: TestDatabase;
let dataDir: string;
let nodes: TestingModule[];
let accountId: string;

beforeAll(async () => void (database = await createTestDatabase()));
afterAll(() => database.drop());

beforeEach(async () => {
  accountId = newId();
  await database.query('DELETE FROM assets');
  await database.query(`DELETE FROM settings WHERE key = 'store_id'`);
  dataDir = await mkdtemp(join(tmpdir(), 'easel-inputs-'));
  nodes = [await startNode()];
  nodes.push(await startNode());
});

afterEach(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await rm(dataDir, { recursive: true, force: true });
});

async function startNode(): Promise<TestingModule> {
  const env = { STORAGE_DRIVER: 'local', DATA_DIR: dataDir, LINK_TTL_SECONDS: 0 };
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
  return node.init();
}

const inputs = (node = 0) => nodes[node].get(InputImages);

async function upload(file: Buffer, node = 0, account = accountId) {
  const received = await inputs(node).receive(Readable.from([file]), 'image');
  return inputs(node).keep(account, received);
}

/** Objects and files on their way, without what marks the store as this database's. */
async function filesLeft(): Promise<string[]> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  return names.filter((name) => name !== '.easel-store');
}

const rows = () =>
  database.query<{ id: string; left: number | null }>(
    `SELECT id, extract(epoch FROM expires_at - now())::float8 AS left FROM assets ORDER BY id`,
  );

describe(InputImages.name, () => {
  it('keeps an image byte for byte, as an input that waits an hour for its use', async () => {
    const file = await makeImage('png', { width: 50, height: 40, noise: true });
    const asset = await upload(file);

    expect(asset).toMatchObject({
      accountId,
      kind: 'input',
      generationId: null,
      sha256: createHash('sha256').update(file).digest('hex'),
      mediaType: 'image/png',
      bytes: file.length,
      width: 50,
      height: 40,
      visibility: 'private',
      credits: 0n,
    });
    const { stream } = await nodes[1].get(AssetStore).open(asset);
    expect((await buffer(stream)).equals(file)).toBe(true);
    const [{ left }] = await rows();
    expect(left).toBeGreaterThan(3500);
    expect(left).toBeLessThanOrEqual(3600);
  });

  it('leaves nothing of an image that is discarded', async () => {
    const file = await makeImage('jpeg', { noise: true });
    const received = await inputs().receive(Readable.from([file]), 'image');
    expect(await filesLeft()).toHaveLength(1);
    await received.discard();
    await received.discard();
    expect(await filesLeft()).toEqual([]);
    expect(await rows()).toEqual([]);
  });

  it('refuses what is no picture of a kind that is edited, and leaves nothing', async () => {
    const files = [
      Buffer.from('this is no picture at all'),
      await makeImage('gif'),
      Buffer.concat([await makeImage('png'), Buffer.of(1)]),
      (await makeImage('png')).subarray(0, -4),
    ];
    for (const file of files) {
      await expect(inputs().receive(Readable.from([file]), 'image')).rejects.toBeInstanceOf(
        ImageRejectedError,
      );
    }
    const jpeg = await makeImage('jpeg');
    await expect(inputs().receive(Readable.from([jpeg]), 'mask')).rejects.toBeInstanceOf(
      ImageRejectedError,
    );
    expect(await filesLeft()).toEqual([]);
  });

  it('leaves nothing when its source breaks, or its signal aborts', async () => {
    const file = await makeImage('png', { width: 900, height: 900, noise: true });
    async function* broken() {
      yield file.subarray(0, 300_000);
      throw new Error('the client left');
    }
    await expect(inputs().receive(Readable.from(broken()), 'image')).rejects.toThrow('left');
    const never = new Readable({ read: () => undefined });
    const abort = new AbortController();
    const late = inputs().receive(never, 'image', abort.signal);
    abort.abort(new Error('no longer wanted'));
    await expect(late).rejects.toThrow('no longer wanted');
    expect(await filesLeft()).toEqual([]);
  });

  it('reuses the object of the same content within an account, and only there', async () => {
    const file = await makeImage('webp', { noise: true });
    const first = await upload(file);
    await database.query(`UPDATE assets SET expires_at = now() + interval '1 min'`);
    const again = await upload(file, 1);
    const other = await upload(file, 0, newId());

    expect(again.assetId).toBe(first.assetId);
    expect(other.assetId).not.toBe(first.assetId);
    expect(await filesLeft()).toHaveLength(2);
    const [{ left }] = await rows();
    expect(left).toBeGreaterThan(3500);
  });

  it('puts off the end of an input that is used again, and gives none to one that has none', async () => {
    const file = await makeImage('webp', { noise: true });
    const { assetId } = await upload(file);
    await database.query('UPDATE assets SET expires_at = NULL');
    await upload(file);
    await inputs().find(accountId, assetId);
    expect(await rows()).toEqual([{ id: assetId, left: null }]);
  });

  it('ends in one row and one object, however many upload the same at once', async () => {
    const file = await makeImage('png', { width: 200, height: 200, noise: true });
    const assets = await Promise.all(Array.from({ length: 12 }, (_, n) => upload(file, n % 2)));
    const [{ id }, ...more] = await rows();
    expect(more).toEqual([]);
    expect(new Set(assets.map(({ assetId }) => assetId))).toEqual(new Set([id]));
    expect(await filesLeft()).toEqual([id]);
  });

  it('does not revive what was deleted or taken down, and refuses blocked content', async () => {
    const file = await makeImage('png', { noise: true });
    const first = await upload(file);
    await database.query('UPDATE assets SET deleted_at = now()');
    const second = await upload(file);
    expect(second.assetId).not.toBe(first.assetId);
    await database.query('UPDATE assets SET removed_at = now() WHERE id = $1', [second.assetId]);
    await database.query('INSERT INTO blocked_hashes VALUES ($1, $2)', [second.sha256, 'test']);
    const received = await inputs().receive(Readable.from([file]), 'image');
    await expect(inputs().keep(accountId, received)).rejects.toMatchObject({
      code: 'content_policy_violation',
    });
    await received.discard();
  });

  it('finds an image by its id, for its owner only, while it is there', async () => {
    const { assetId } = await upload(await makeImage('png'));
    expect(await inputs().find(accountId, assetId)).toMatchObject({ assetId });
    for (const id of [newId(), 'abc', '', assetId.toUpperCase()]) {
      expect(await inputs().find(accountId, id)).toBeNull();
    }
    expect(await inputs().find(newId(), assetId)).toBeNull();
    await database.query('UPDATE assets SET deleted_at = now()');
    expect(await inputs().find(accountId, assetId)).toBeNull();
  });

  it('knows whether a PNG may be transparent', async () => {
    const opaque = await makeImage('png');
    const masks = [
      await sharp(opaque).ensureAlpha(0.5).png().toBuffer(),
      await sharp(opaque).ensureAlpha(0.5).png({ palette: true }).toBuffer(),
    ];
    for (const mask of masks) expect(await inputs().hasAlpha(await upload(mask))).toBe(true);
    expect(await inputs().hasAlpha(await upload(opaque))).toBe(false);
  });
});
