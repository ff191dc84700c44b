import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { newId } from '../../common/ids.js';
import type { BlobKey } from './blob-driver.js';
import { LocalDriver } from './local-driver.js';

describe(LocalDriver.name, () => {
  let root: string;
  let driver: LocalDriver;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'easel-local-'));
    driver = new LocalDriver(root);
    await driver.prepare();
  });
  afterEach(() => rm(root, { recursive: true }));

  it.each([1, 2, 3, 100])('names every object once and in order, %i at a time', async (limit) => {
    const accounts = [newId(), newId(), newId()];
    const ages = ['0190a', '0190b', '01a00'];
    const objects = accounts.flatMap((accountId) =>
      ages.flatMap((age) => [given(accountId, age), given(accountId, age)]),
    );
    for (const key of objects) await put(pathOf(key));

    expect(await walk(limit)).toEqual(objects.map(nameOf).sort());
  });

  it('passes over what is no object of its own', async () => {
    const mine = given(newId(), '0190a');
    await put(pathOf(mine));
    const { accountId, assetId } = mine;
    for (const stranger of [
      join(root, 'notes.txt'),
      join(root, newId()),
      join(root, 'lost+found', '0190a', newId()),
      join(root, accountId, 'notes.txt'),
      join(root, accountId, '0190a', `${assetId}.bak`),
      join(root, accountId, '0190b', assetId),
      join(root, accountId, assetId.slice(0, 4), assetId),
      join(driver.spoolFolder, `${newId()}.part`),
    ]) {
      await put(stranger);
    }

    expect(await walk(2)).toEqual([nameOf(mine)]);
  });

  it('is empty where there is nothing, and goes on from a place that is gone', async () => {
    expect(await driver.list('', 10)).toEqual({ keys: [], next: null });
    const [first, second] = [given(newId(), '0190a'), given(newId(), '0190a')];
    await put(pathOf(second));

    expect(await driver.list(nameOf(first), 10)).toEqual({ keys: [second], next: null });
  });

  async function walk(limit: number): Promise<string[]> {
    const found: string[] = [];
    for (let after: string | null = ''; after !== null;) {
      const page = await driver.list(after, limit);
      found.push(...page.keys.map(nameOf));
      after = page.next;
    }
    return found;
  }

  function given(accountId: string, period: string): BlobKey {
    return { accountId, assetId: period + newId().slice(5) };
  }

  function pathOf({ accountId, assetId }: BlobKey): string {
    return join(root, accountId, assetId.slice(0, 5), assetId);
  }

  async function put(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'x');
  }
});

function nameOf({ accountId, assetId }: BlobKey): string {
  return `${accountId}/${assetId}`;
}
