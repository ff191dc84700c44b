import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { makeImage, makeLargePng } from '../../../test/support/images.js';
import { S3Stub } from '../../../test/support/s3-stub.js';
import { pieces } from '../../../test/support/store-rig.js';
import { newId } from '../../common/ids.js';
import { AssetStore } from '../asset-store.js';
import { Spool } from '../spool.js';
import { AssetExistsError } from '../storage.errors.js';
import { S3Driver } from './s3-driver.js';

const LIMITS = {
  maxBytes: 1e8,
  maxPixels: 1e8,
  mediaTypes: ['image/png'],
  decodePixels: false,
} as const;

let server: S3Stub;
let spoolFolder: string;
let driver: S3Driver;
let store: AssetStore;

beforeEach(async () => {
  server = new S3Stub();
  spoolFolder = await mkdtemp(join(tmpdir(), 'easel-s3-'));
  const settings = {
    S3_ENDPOINT: await server.start(),
    S3_REGION: 'us-east-1',
    S3_BUCKET: 'pictures',
    S3_ACCESS_KEY_ID: 'an-id',
    S3_SECRET_ACCESS_KEY: 'a-secret',
    S3_FORCE_PATH_STYLE: true,
  };
  driver = new S3Driver(settings, spoolFolder);
  store = new AssetStore(driver, new Spool(spoolFolder));
});

afterEach(async () => {
  driver.close();
  await server.stop();
  await rm(spoolFolder, { recursive: true });
});

const key = () => ({ accountId: newId(), assetId: newId() });
const put = (file: Buffer, ref = key()) =>
  store.put({ ...ref, source: pieces(file), limits: LIMITS });
const puts = () => server.calls.filter(({ method }) => method === 'PUT');

describe(S3Driver.name, () => {
  it('keeps, gives and removes objects named account/asset', async () => {
    const file = await makeLargePng(600_000);
    const ref = key();

    await put(file, ref);

    expect([...server.objects.keys()]).toEqual([`${ref.accountId}/${ref.assetId}`]);
    const whole = await store.open({ ...ref, bytes: file.length });
    expect((await buffer(whole.stream)).equals(file)).toBe(true);
    const part = await store.open({ ...ref, bytes: file.length }, { start: 5, end: 14 });
    expect([part.bytes, await buffer(part.stream)]).toEqual([10, file.subarray(5, 15)]);
    await store.remove(ref);
    await store.remove(ref);
    await expect(store.open(ref)).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(await readdir(spoolFolder)).toEqual([]);
  });

  it('states length, type and checksum before the first byte', async () => {
    const file = await makeImage('png');
    const { sha256 } = await put(file);
    expect(puts()[0].headers).toMatchObject({
      'content-length': String(file.length),
      'content-type': 'image/png',
      'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64'),
      'if-none-match': '*',
    });
  });

  it.each([true, false])(
    'writes once, whether or not the server refuses conditions: %s',
    async (refuses) => {
      server.refusesConditions = refuses;
      const [first, second] = [await makeImage('png'), await makeImage('png', { noise: true })];
      const ref = key();
      await put(first, ref);
      await expect(put(second, ref)).rejects.toThrow(AssetExistsError);
      expect([...server.objects.values()]).toEqual([first]);
      expect(await readdir(spoolFolder)).toEqual([]);
    },
  );

  it.each([[[503]], [['reset', 500]], [[429]]] as const)(
    'sends the whole file again after %j',
    async (faults) => {
      server.faults.push(...faults);
      const file = await makeLargePng(300_000);
      await put(file);
      expect([...server.objects.values()][0].equals(file)).toBe(true);
    },
  );

  it('takes an object for its own when the answer to its upload was lost', async () => {
    server.faults.push('reset-after');
    const file = await makeImage('png');
    await put(file);
    expect([...server.objects.values()]).toEqual([file]);
    expect(puts()).toHaveLength(2);
  });

  it.each([
    [[500, 500, 500], 3],
    [[403], 1],
    [[404], 1],
  ] as const)(
    'gives up with storage_unavailable after %j, and leaves no file',
    async (faults, tries) => {
      server.faults.push(...faults);
      await expect(put(await makeImage('png'))).rejects.toMatchObject({
        code: 'storage_unavailable',
        isRetryable: false,
      });
      expect(puts()).toHaveLength(tries);
      expect(await readdir(spoolFolder)).toEqual([]);
    },
  );

  it('has an id that is written once, and is empty while it holds nothing else', async () => {
    expect([await driver.readIdentity(), await driver.isEmpty()]).toEqual([null, true]);
    await driver.writeIdentity('one');
    await driver.writeIdentity('two');
    await driver.probe();
    expect([await driver.readIdentity(), await driver.isEmpty()]).toEqual(['one', true]);
    await put(await makeImage('png'));
    expect(await driver.isEmpty()).toBe(false);
  });

  it('names its objects page by page, and nothing that is none', async () => {
    const names = Array.from({ length: 5 }, () => key()).map((ref) => {
      return `${ref.accountId}/${ref.assetId}`;
    });
    const strangers = ['.easel-store', 'readme.txt', `${newId()}/notes`, `${names[0]}/thumb`];
    for (const name of [...names, ...strangers]) server.objects.set(name, Buffer.from('x'));

    const found: string[] = [];
    let pages = 0;
    for (let after: string | null = ''; after !== null; pages += 1) {
      const page = await store.list(after, 2);
      found.push(...page.keys.map(({ accountId, assetId }) => `${accountId}/${assetId}`));
      after = page.next;
    }

    expect(found).toEqual(names.sort());
    expect(pages).toBe(5);
    server.faults.push(403);
    await expect(store.list('', 2)).rejects.toMatchObject({ code: 'storage_unavailable' });
  });
});
