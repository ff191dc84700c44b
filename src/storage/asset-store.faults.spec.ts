import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { open, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  makeImage,
  makeLargePng,
  makeSvg,
  PNG_SIGNATURE,
  pngChunk,
  pngIhdr,
} from '../../test/support/images.js';
import { pieces, StoreRig } from '../../test/support/store-rig.js';
import { newId } from '../common/ids.js';
import { AssetStore } from './asset-store.js';
import { type OpenFile, Spool } from './spool.js';
import { StorageUnavailableError } from './storage.errors.js';

let rig: StoreRig;

beforeEach(async () => void (rig = await StoreRig.create()));
afterEach(() => rig.remove());

describe(`${AssetStore.name} when something goes wrong`, () => {
  describe('refusing', () => {
    const gone = async (work: Promise<unknown>) => {
      const error: unknown = await work.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(await rig.filesLeft()).toEqual([]);
      return error;
    };

    it('leaves nothing of a file that the gate refuses, and stops its source', async () => {
      const file = await makeLargePng(500_000);
      const cut = pieces(file.subarray(0, -5));
      expect(await gone(rig.put(cut))).toMatchObject({ reason: 'truncated' });
      const long = pieces(Buffer.concat([file, Buffer.alloc(10), file]));
      expect(await gone(rig.put(long))).toMatchObject({ reason: 'trailing_bytes' });
      expect([cut.destroyed, long.destroyed]).toEqual([true, true]);
      const html = Readable.from([Buffer.from('<html>502 Bad Gateway</html>')]);
      expect(await gone(rig.put(html))).toMatchObject({ reason: 'not_an_image' });
      expect(await gone(rig.put(Readable.from([])))).toMatchObject({ reason: 'empty' });
    });

    it('stops reading an endless source at the byte limit', async () => {
      const head = Buffer.concat([
        PNG_SIGNATURE,
        pngIhdr(10, 10),
        Buffer.from('7fffffff49444154', 'hex'),
      ]);
      let given = 0;
      async function* endless() {
        yield head;
        for (;;) yield Buffer.alloc((given += 65_536) && 65_536);
      }
      const error = await gone(
        rig.put(Readable.from(endless()), { limits: { maxBytes: 1_000_000 } }),
      );
      expect(error).toMatchObject({ reason: 'too_many_bytes' });
      expect(given).toBeLessThan(1_500_000);
    });

    it('asks the decoder for a second opinion on the header', async () => {
      // The walk passes ancillary chunks; libpng reads this one and gives up.
      const file = await makeImage('png');
      const colours = pngChunk('IDAT', Buffer.alloc(20, 3));
      const hollow = Buffer.concat([file.subarray(0, 33), colours, pngChunk('IEND')]);
      expect(await gone(rig.put(pieces(hollow), { limits: { decodePixels: true } }))).toMatchObject(
        {
          reason: 'undecodable',
        },
      );
    });

    it('decodes every row where it is told to', async () => {
      const file = await makeLargePng(200_000);
      const { default: sharp } = await import('sharp');
      const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
      const half = sharp(data.subarray(0, (data.length / info.height) * (info.height >> 1)), {
        raw: { width: info.width, height: info.height >> 1, channels: 3 },
      });
      const short = await half.png().toBuffer();
      // Valid chunks throughout, but pixels for half of the rows only.
      const idat = short.subarray(33, -12);
      const lie = Buffer.concat([
        PNG_SIGNATURE,
        pngIhdr(info.width, info.height),
        idat,
        pngChunk('IEND'),
      ]);
      expect(await gone(rig.put(pieces(lie), { limits: { decodePixels: true } }))).toMatchObject({
        reason: 'undecodable',
      });
      await rig.put(pieces(file), { limits: { decodePixels: true } });
    });

    it('hands SVG to no renderer, and refuses it where it is not wanted', async () => {
      expect(await gone(rig.put(pieces(makeSvg())))).toMatchObject({ reason: 'not_an_image' });
      const stored = await rig.put(pieces(makeSvg()), {
        limits: { mediaTypes: ['image/svg+xml'], decodePixels: true },
      });
      expect(stored).toMatchObject({ mediaType: 'image/svg+xml', width: 64, height: 48 });
    });

    it("passes the source's own error on, early or late", async () => {
      const error = new Error('the upstream was reset');
      async function* broken() {
        yield (await makeLargePng(400_000)).subarray(0, 300_000);
        throw error;
      }
      expect(await gone(rig.put(Readable.from(broken())))).toBe(error);
      const before = new Readable({ read: () => undefined }).on('error', () => undefined);
      before.destroy(error);
      expect(await gone(rig.put(before))).toBe(error);
      const atOnce = new Readable({ read: () => undefined });
      const storing = rig.put(atOnce);
      atOnce.destroy(error);
      expect(await gone(storing)).toBe(error);
    });

    it("passes the signal's reason on, whenever it aborts", async () => {
      const reason = new Error('work deadline');
      const hanging = () => new Readable({ read: () => undefined });
      expect(await gone(rig.put(hanging(), { signal: AbortSignal.abort(reason) }))).toBe(reason);
      for (const waitMs of [0, 1, 30]) {
        const abort = new AbortController();
        const source = hanging();
        source.push(PNG_SIGNATURE);
        const storing = rig.put(source, { signal: abort.signal });
        setTimeout(() => abort.abort(reason), waitMs);
        expect(await gone(storing)).toBe(reason);
        expect(source.destroyed).toBe(true);
      }
    });

    it('accepts nothing but canonical ids as names', async () => {
      const file = await makeImage('png');
      const upper = newId().toUpperCase();
      for (const id of ['../../etc/passwd', '..', '', upper, `${newId()}/x`, `{${newId()}}`]) {
        expect(await gone(rig.put(pieces(file), { assetId: id }))).toBeInstanceOf(TypeError);
        await expect(rig.store.open({ accountId: id, assetId: newId() })).rejects.toThrow(
          TypeError,
        );
        await expect(rig.store.remove({ accountId: rig.accountId, assetId: id })).rejects.toThrow(
          TypeError,
        );
      }
    });
  });

  describe('on a failing disk', () => {
    const onLinux = process.platform === 'linux' ? it : it.skip;
    onLinux.each([10_000, 800_000])(
      'answers storage_unavailable when it is full at %i bytes',
      async (size) => {
        const source = pieces(await makeLargePng(size));
        const full = rig.storeWith(() => open('/dev/full', 'w'));
        const storing = rig.put(source, {}, full);
        await expect(storing).rejects.toMatchObject({
          code: 'storage_unavailable',
          isRetryable: false,
          facts: { details: { errno: 'ENOSPC' } },
        });
        await expect(storing).rejects.toThrow('The image could not be stored.');
        expect(source.destroyed).toBe(true);
        expect(await rig.filesLeft()).toEqual([]);
      },
    );

    it('leaves nothing when the flush, the rename or the folder fails', async () => {
      const file = await makeImage('png');
      const failure = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
      const noFlush: OpenFile = async (path) => {
        return Object.assign(await open(path, 'wx'), { datasync: () => Promise.reject(failure) });
      };
      await expect(rig.put(pieces(file), {}, rig.storeWith(noFlush))).rejects.toThrow(
        StorageUnavailableError,
      );
      expect(await rig.filesLeft()).toEqual([]);

      await writeFile(join(rig.root, rig.accountId), 'a file where a folder must be');
      await expect(rig.put(pieces(file))).rejects.toThrow(StorageUnavailableError);
      expect(await rig.filesLeft()).toEqual([rig.accountId]);
    });

    it('answers storage_unavailable for an object that is missing or cut', async () => {
      const ref = { accountId: rig.accountId, assetId: newId() };
      await expect(rig.store.open(ref)).rejects.toMatchObject({ code: 'storage_unavailable' });
      const { assetId, bytes } = await rig.put(pieces(await makeImage('png')));
      const cut = rig.store.open({ ...ref, assetId, bytes: bytes + 1 });
      await expect(cut).rejects.toThrow(StorageUnavailableError);
    });

    it('is usable again as soon as the disk is', async () => {
      let isFull = true;
      const flaky = rig.storeWith((path) => (isFull ? open('/dev/full', 'w') : open(path, 'wx')));
      const file = await makeLargePng(600_000);
      await expect(rig.put(pieces(file), {}, flaky)).rejects.toThrow(StorageUnavailableError);
      isFull = false;
      const { assetId } = await rig.put(pieces(file), {}, flaky);
      expect((await rig.read(assetId)).equals(file)).toBe(true);
    });
  });

  describe('after a crash', () => {
    it('shows no object that was not renamed, and sweeps its file when it is abandoned', async () => {
      const spool = new Spool(rig.driver.spoolFolder);
      const abandoned = await spool.create(newId());
      await abandoned.write(await makeImage('png'));
      await abandoned.finish();
      const assetId = abandoned.path.slice(-41, -5);
      await expect(rig.store.open({ accountId: rig.accountId, assetId })).rejects.toThrow(
        StorageUnavailableError,
      );

      const restarted = new Spool(rig.driver.spoolFolder);
      expect(await restarted.tend()).toBe(0);
      const longAgo = new Date(Date.now() - 3600_000);
      await utimes(abandoned.path, longAgo, longAgo);
      expect(await restarted.tend()).toBe(1);
      expect(await rig.filesLeft()).toEqual([]);
    });

    it('never sweeps a file that is still being written, however slowly', async () => {
      const spool = new Spool(rig.driver.spoolFolder);
      const slow = await spool.create(newId());
      const longAgo = new Date(Date.now() - 3600_000);
      await utimes(slow.path, longAgo, longAgo);
      await spool.tend();
      expect(await new Spool(rig.driver.spoolFolder).tend()).toBe(0);
      expect(await rig.filesLeft()).toHaveLength(1);
    });
  });
});
