import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { newId } from '../../src/common/ids.js';
import { settlement } from '../support/ledger-node.js';
import { type Picture, RetentionRig } from '../support/retention-rig.js';

describe('retention', () => {
  let rig: RetentionRig;

  beforeAll(async () => void (rig = await RetentionRig.start()));
  afterAll(() => rig.stop());

  describe('of pictures', () => {
    it('ends those of test keys after a day, and leaves those that were paid for', async () => {
      const test = await rig.givenPicture({ mode: 'test' });
      const live = await rig.givenPicture();
      expect((await rig.row(live.assetId)).expires_at).toBeNull();
      const { expires_at } = await rig.row(test.assetId);
      expect(Math.abs(Number(expires_at) - Date.now() - 86_400_000)).toBeLessThan(60_000);

      expect(await rig.sweep('expired_images')).toBe(0);
      await rig.change(test.assetId, `expires_at = now() - interval '1 s'`);
      expect(await rig.sweep('expired_images')).toBe(1);
      expect(await rig.sweep('expired_images')).toBe(0);

      expect((await rig.row(test.assetId)).deleted_at).toBeInstanceOf(Date);
      expect((await rig.row(live.assetId)).deleted_at).toBeNull();
      expect(await rig.sweep('pictures')).toBe(0);
      expect(await rig.withObjects({ test, live })).toEqual(['test', 'live']);
      await rig.change(test.assetId, `deleted_at = now() - interval '24 h'`);
      expect(await rig.sweep('pictures')).toBe(1);
      expect(await rig.withObjects({ test, live })).toEqual(['live']);
    });

    it('takes the bytes of deleted ones after 24 h and keeps every row of the ledger', async () => {
      const pictures = {
        kept: await rig.givenPicture(),
        deletedLately: await rig.givenPicture(),
        deleted: await rig.givenPicture(),
        takenDownLately: await rig.givenPicture(),
        takenDown: await rig.givenPicture(),
        deletedButLate: await rig.givenPicture(),
      };
      await rig.change(pictures.deletedLately.assetId, `deleted_at = now() - interval '23.9 h'`);
      await rig.change(pictures.deleted.assetId, `deleted_at = now() - interval '24.1 h'`);
      await rig.change(pictures.takenDownLately.assetId, `removed_at = now() - interval '29.9 d'`);
      await rig.change(pictures.takenDown.assetId, `removed_at = now() - interval '30.1 d'`);
      await rig.change(pictures.deletedButLate.assetId, `deleted_at = now() - interval '2 d'`);
      await rig.givenLateResult('1 h', pictures.deletedButLate.assetId);

      expect(await rig.sweep('pictures')).toBe(2);
      expect(await rig.sweep('pictures')).toBe(0);

      expect(await rig.withObjects(pictures)).toEqual([
        'kept',
        'deletedLately',
        'takenDownLately',
        'deletedButLate',
      ]);
      expect((await rig.row(pictures.deleted.assetId)).purged_at).toBeInstanceOf(Date);
      expect((await rig.row(pictures.deletedLately.assetId)).purged_at).toBeNull();
      expect(await rig.violations()).toEqual([]);
    });

    it('takes inputs that no generation used within their hour, and none that one did', async () => {
      const inputs = {
        used: await rig.givenInput(null),
        waiting: await rig.givenInput('1 min'),
        unused: await rig.givenInput('-1 s'),
        usedAndDeleted: await rig.givenInput(null),
      };
      await rig.change(inputs.usedAndDeleted.assetId, `deleted_at = now() - interval '1 h'`);

      expect(await rig.sweep('expired_images')).toBe(1);
      expect(await rig.sweep('pictures')).toBe(1);

      expect(await rig.withObjects(inputs)).toEqual(['used', 'waiting', 'usedAndDeleted']);
    });

    it('goes through many in batches', async () => {
      const pictures: Picture[] = [];
      for (let made = 0; made < 530; made += 1) pictures.push(await rig.givenInput('-1 s'));

      expect(await rig.sweep('expired_images')).toBe(530);
      expect(await rig.sweep('pictures')).toBe(530);

      expect(await rig.withObjects(Object.fromEntries(pictures.entries()))).toEqual([]);
    });

    it('comes to the same when it was cut between object and row', async () => {
      const picture = await rig.givenPicture();
      await rig.change(picture.assetId, `deleted_at = now() - interval '2 d'`);
      await rig.removeObject(picture);

      expect(await rig.sweep('pictures')).toBe(1);
      expect((await rig.row(picture.assetId)).purged_at).toBeInstanceOf(Date);
    });

    it('is not held up by an object that cannot be removed', async () => {
      const [stuck, free] = [await rig.givenPicture(), await rig.givenPicture()];
      for (const { assetId } of [stuck, free]) {
        await rig.change(assetId, `deleted_at = now() - interval '2 d'`);
      }
      await rig.removeObject(stuck);
      const path = rig.pathOf(stuck.accountId, stuck.assetId);
      await mkdir(join(path, 'in the way'), { recursive: true });

      expect(await rig.sweep('pictures')).toBe(1);

      expect((await rig.row(stuck.assetId)).purged_at).toBeNull();
      expect(await rig.hasObject(free)).toBe(false);
      await rm(path, { recursive: true });
      expect(await rig.sweep('pictures')).toBe(1);
    });

    it('takes nothing for done while the store is not the right one', async () => {
      const picture = await rig.givenPicture();
      await rig.change(picture.assetId, `deleted_at = now() - interval '2 d'`);
      const identity = await readFile(rig.identityFile, 'utf8');
      await writeFile(rig.identityFile, 'another store\n');
      const other = await rig.addNode();
      try {
        expect(await rig.sweep('pictures', other)).toBe(0);
        expect(await rig.hasObject(picture)).toBe(true);
        expect((await rig.row(picture.assetId)).purged_at).toBeNull();
      } finally {
        await writeFile(rig.identityFile, identity);
      }
    });
  });

  describe('of late results', () => {
    it('removes row and object after their week, and no object that a picture has', async () => {
      const paid = await rig.givenPicture();
      const late = {
        young: await rig.givenLateResult('1 min'),
        expired: await rig.givenLateResult('-1 s'),
        paid: await rig.givenLateResult('-1 s', paid.assetId),
      };

      expect(await rig.sweep('late_results')).toBe(2);
      expect(await rig.sweep('late_results')).toBe(0);

      expect(await rig.withObjects(late)).toEqual(['young', 'paid']);
      expect(await rig.count(`late_results WHERE asset_id = '${late.young.assetId}'`)).toBe(1);
    });
  });

  describe('of objects without a row', () => {
    beforeEach(() => forgetWalk());

    it('removes one that nobody named for a day, whatever its dates say', async () => {
      const orphan = bare(newId());
      const young = bare(newId());
      await rig.putObject(orphan.accountId, orphan.assetId);
      await utimes(rig.pathOf(orphan.accountId, orphan.assetId), 0, 0);
      const paid = await rig.givenPicture();
      const late = await rig.givenLateResult('1 h');

      expect(await rig.sweep('orphans')).toBe(0);
      expect(await seen()).toEqual([orphan.assetId]);
      await age(orphan);
      await rig.putObject(young.accountId, young.assetId);
      await forgetWalk();

      expect(await rig.sweep('orphans')).toBe(1);
      expect(await rig.sweep('orphans')).toBe(0);
      expect(await rig.withObjects({ orphan, young, paid, late })).toEqual([
        'young',
        'paid',
        'late',
      ]);
      await rig.removeObject(young);
      await rig.database.query('DELETE FROM orphan_objects');
    });

    it('keeps one that was named after it was seen', async () => {
      const picture = await rig.givenPicture({ settled: false });
      await rig.sweep('orphans');
      expect(await seen()).toEqual([picture.assetId]);
      await rig.store.settle(
        settlement(picture.accepted, [{ ...outputOf(picture), credits: '2000' }]),
      );
      await age(picture);

      expect(await rig.sweep('orphans')).toBe(0);
      expect(await rig.hasObject(picture)).toBe(true);
      expect(await seen()).toEqual([]);
    });

    it('keeps one as long as a generation of its account may still settle it', async () => {
      const picture = await rig.givenPicture({ settled: false });
      await rig.sweep('orphans');
      await age(picture);
      await rig.database.query(
        `UPDATE generations SET created_at = now() - interval '26 h' WHERE id = $1`,
        [picture.generationId],
      );

      expect(await rig.sweep('orphans')).toBe(0);
      expect(await rig.hasObject(picture)).toBe(true);

      await rig.store.settle(settlement(picture.accepted, []));
      expect(await rig.sweep('orphans')).toBe(1);
      expect(await rig.hasObject(picture)).toBe(false);
    });

    it('removes what a copy of the folder brought back', async () => {
      const picture = await rig.givenPicture();
      await rig.change(picture.assetId, `deleted_at = now() - interval '2 d'`);
      await rig.sweep('pictures');
      await rig.putObject(picture.accountId, picture.assetId);
      await rig.sweep('orphans');
      await age(picture);

      expect(await rig.sweep('orphans')).toBe(1);
      expect(await rig.hasObject(picture)).toBe(false);
    });

    it('leaves files alone that are no objects', async () => {
      const account = newId();
      const foreign = [
        rig.pathOf(account, newId()).replace(/.$/, 'x'),
        join(dirname(rig.identityFile), 'notes.txt'),
        join(dirname(rig.pathOf(account, newId())), '..', 'fffff', newId()),
        join(dirname(rig.identityFile), newId()),
      ];
      for (const path of foreign) {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, 'mine');
      }
      await rig.sweep('orphans');
      expect(await seen()).toEqual([]);
      for (const path of foreign) expect(await readFile(path, 'utf8')).toBe('mine');
    });

    it('walks through the store once a day', async () => {
      await rig.sweep('orphans');
      const orphan = bare(newId());
      await rig.putObject(orphan.accountId, orphan.assetId);
      await rig.sweep('orphans');
      expect(await seen()).toEqual([]);
      await rig.database.query(
        `UPDATE settings SET value = jsonb_set(value::jsonb, '{at}',
           to_jsonb(now() - interval '25 h'))::text WHERE key = 'retention_orphans'`,
      );
      await rig.sweep('orphans');
      expect(await seen()).toEqual([orphan.assetId]);
    });

    function bare(assetId: string): Picture {
      return { accountId: newId(), assetId, generationId: '' } as Picture;
    }

    function outputOf({ assetId }: Picture) {
      return {
        id: assetId,
        ordinal: 0,
        sha256: randomBytes(32).toString('hex'),
        mediaType: 'image/png',
        width: 1,
        height: 1,
        bytes: 9,
        linkToken: randomBytes(16).toString('base64url'),
      };
    }

    async function seen(): Promise<string[]> {
      const rows = await rig.database.query<{ asset_id: string }>(
        'SELECT asset_id FROM orphan_objects ORDER BY asset_id',
      );
      return rows.map(({ asset_id }) => asset_id);
    }

    function age({ assetId }: Picture): Promise<object[]> {
      return rig.database.query(
        `UPDATE orphan_objects SET seen_at = now() - interval '24.1 h' WHERE asset_id = $1`,
        [assetId],
      );
    }

    function forgetWalk(): Promise<object[]> {
      return rig.database.query(`DELETE FROM settings WHERE key = 'retention_orphans'`);
    }
  });
});
