import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { makeImage, makeLargePng } from '../../test/support/images.js';
import { pieces, StoreRig } from '../../test/support/store-rig.js';
import { newId } from '../common/ids.js';
import { type AssetRef, AssetStore } from './asset-store.js';
import { LocalDriver } from './drivers/local-driver.js';
import { type OpenFile, Spool } from './spool.js';
import { AssetExistsError, StorageUnavailableError } from './storage.errors.js';

let rig: StoreRig;

beforeEach(async () => void (rig = await StoreRig.create()));
afterEach(() => rig.remove());

/** Chunks are copied: each is overwritten by the next. */
async function lent(ref: AssetRef): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await rig.store.lend(ref)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

describe(AssetStore.name, () => {
  describe('storing', () => {
    it.each(['png', 'jpeg', 'webp'] as const)(
      'keeps the bytes of a %s as they came',
      async (format) => {
        const file = await makeImage(format, { width: 300, height: 200, noise: true });
        const assetId = newId();

        const stored = await rig.put(pieces(file, 1000), { assetId });

        expect(stored).toEqual({
          assetId,
          sha256: createHash('sha256').update(file).digest('hex'),
          bytes: file.length,
          mediaType: `image/${format}`,
          width: 300,
          height: 200,
        });
        expect(await rig.read(assetId)).toEqual(file);
        expect(await rig.filesLeft()).toEqual([assetId]);
      },
    );

    it('keeps files apart that are written at the same time', async () => {
      const files = await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          makeImage('png', { width: 400, height: 300 + n, noise: true }),
        ),
      );
      const stored = await Promise.all(files.map((file) => rig.put(pieces(file))));
      for (const [n, { assetId, height }] of stored.entries()) {
        expect(height).toBe(300 + n);
        expect((await rig.read(assetId)).equals(files[n])).toBe(true);
      }
    });

    it('asks a source for no more than it has written', async () => {
      const file = await makeLargePng(4_000_000);
      let given = 0;
      let slabs = 0;
      const slow: OpenFile = async (path) => {
        const handle = await open(path, 'wx');
        const write = handle.write.bind(handle) as (
          slab: Buffer,
          at: number,
          length: number,
        ) => Promise<object>;
        const count = async (slab: Buffer, at: number, length: number) => {
          slabs++;
          expect(given - slabs * 262_144).toBeLessThan(400_000);
          await new Promise((resolve) => setTimeout(resolve, 2));
          return await write(slab, at, length);
        };
        return Object.assign(handle, { write: count });
      };
      async function* source() {
        for (let at = 0; at < file.length; at += 65_536) {
          const piece = file.subarray(at, at + 65_536);
          given += piece.length;
          yield piece;
        }
      }
      await rig.put(Readable.from(source(), { objectMode: false }), {}, rig.storeWith(slow));
      expect(slabs).toBeGreaterThan(10);
    });

    it('leaves no folder or file open to other users of the machine', async () => {
      const { assetId } = await rig.put(pieces(await makeImage('png')));
      const [path] = (await readdir(rig.root, { recursive: true })).filter((name) =>
        name.endsWith(assetId),
      );
      expect((await stat(join(rig.root, path))).mode & 0o077).toBe(0);
      expect((await stat(join(rig.root, rig.accountId))).mode & 0o077).toBe(0);
    });

    it('goes on when its folders were removed under it', async () => {
      await rig.put(pieces(await makeImage('png')));
      await rm(join(rig.root, rig.accountId), { recursive: true });
      await rm(rig.driver.spoolFolder, { recursive: true });
      const { assetId } = await rig.put(pieces(await makeImage('png')));
      expect(await rig.filesLeft()).toEqual([assetId]);
    });
  });

  describe('writing once', () => {
    it('refuses a second object of one name and keeps the first', async () => {
      const first = await makeImage('png');
      const { assetId } = await rig.put(pieces(first));
      const second = rig.put(pieces(await makeImage('jpeg')), { assetId });
      await expect(second).rejects.toThrow(AssetExistsError);
      expect(await rig.read(assetId)).toEqual(first);
      expect(await rig.filesLeft()).toEqual([assetId]);
    });

    it('lets one of many writers of one name win, whole', async () => {
      const assetId = newId();
      const files = await Promise.all(
        Array.from({ length: 8 }, (_, n) => makeImage('png', { width: 200 + n, noise: true })),
      );
      const other = new AssetStore(new LocalDriver(rig.root), new Spool(rig.driver.spoolFolder));
      const outcomes = await Promise.allSettled(
        files.map((file, n) => rig.put(pieces(file, 777), { assetId }, n % 2 ? rig.store : other)),
      );
      const won = outcomes.findIndex(({ status }) => status === 'fulfilled');
      const refused = outcomes.filter((outcome) => {
        return outcome.status === 'rejected' && outcome.reason instanceof AssetExistsError;
      });
      expect([won >= 0, refused.length]).toEqual([true, 7]);
      expect((await rig.read(assetId)).equals(files[won])).toBe(true);
    });
  });

  describe('reading', () => {
    it.each([
      [0, 0],
      [0, 9],
      [100, 5000],
      [0, 1e9],
    ])('gives bytes %i to %i and counts them', async (start, end) => {
      const file = await makeImage('png', { width: 100, height: 100, noise: true });
      const { assetId } = await rig.put(pieces(file));
      expect(await rig.read(assetId, { start, end })).toEqual(file.subarray(start, end + 1));
    });

    it('closes the file of a reader that leaves', async () => {
      const { assetId } = await rig.put(pieces(await makeLargePng(500_000)));
      const { stream } = await rig.store.open({ accountId: rig.accountId, assetId });
      await new Promise((resolve) => stream.once('readable', resolve));
      const closed = new Promise((resolve) => stream.once('close', resolve));
      stream.destroy();
      await closed;
    });

    it.each([100, 200_000, 1_000_000])('lends a whole picture of %i bytes', async (size) => {
      const file = size === 100 ? await makeImage('png') : await makeLargePng(size);
      const { assetId, bytes } = await rig.put(pieces(file));
      const ref = { accountId: rig.accountId, assetId, bytes };
      // The first time a small one is in memory; never twice.
      for (let turn = 0; turn < 3; turn += 1) expect((await lent(ref)).equals(file)).toBe(true);
      await rig.store.remove(ref);
      await expect(rig.store.lend(ref)).rejects.toThrow(StorageUnavailableError);
    });

    it('lends nothing that was removed, of another account or of another size', async () => {
      const { assetId, bytes } = await rig.put(pieces(await makeImage('png')));
      const ref = { accountId: rig.accountId, assetId, bytes };
      const refused = (changes: object) =>
        expect(rig.store.lend({ ...ref, ...changes })).rejects.toThrow(StorageUnavailableError);
      await refused({ accountId: newId() });
      await rig.store.remove(ref);
      await refused({});
      const other = await rig.put(pieces(await makeImage('png')));
      await lent({ ...ref, ...other });
      await refused({ ...other, bytes: bytes + 1 });
    });

    it('remembers few pictures, and reads the others', async () => {
      const file = await makeImage('png');
      const stored = [];
      for (let n = 0; n < 300; n += 1) stored.push(await rig.put(pieces(file)));
      await rm(join(rig.root, rig.accountId), { recursive: true });
      const [first] = stored;
      const last = stored.at(-1)!;
      const { accountId } = rig;
      await expect(rig.store.lend({ accountId, ...first })).rejects.toThrow(
        StorageUnavailableError,
      );
      expect((await lent({ accountId, ...last })).equals(file)).toBe(true);
    });

    it('closes a lent file whose reader leaves, or never comes', async () => {
      const { assetId } = await rig.put(pieces(await makeLargePng(500_000)));
      const open = async () => (await readdir('/proc/self/fd')).length;
      const before = process.platform === 'linux' ? await open() : 0;
      for (let turn = 0; turn < 20; turn += 1) {
        const file = await rig.store.lend({ accountId: rig.accountId, assetId });
        if (turn % 2) for await (const _chunk of file) break;
        file.destroy();
      }
      if (process.platform === 'linux') expect(await open()).toBeLessThan(before + 10);
    });

    it('removes an object, and does not mind when it is gone', async () => {
      const { assetId } = await rig.put(pieces(await makeImage('png')));
      const key = { accountId: rig.accountId, assetId };
      await rig.store.remove(key);
      await rig.store.remove(key);
      await expect(rig.store.open(key)).rejects.toThrow(StorageUnavailableError);
      expect(await rig.filesLeft()).toEqual([]);
    });

    it('never gives one account an object of another', async () => {
      const { assetId } = await rig.put(pieces(await makeImage('png')));
      const foreign = rig.store.open({ accountId: newId(), assetId });
      await expect(foreign).rejects.toThrow(StorageUnavailableError);
    });
  });
});
