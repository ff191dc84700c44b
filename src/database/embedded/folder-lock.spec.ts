import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity, withFolderLock } from './folder-lock.mjs';

const PATIENT = { timeoutMs: 60_000 };
let folder: string;
let lock: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'easel lock-'));
  lock = join(folder, 'lock');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the folder lock', () => {
  it('lets one in at a time and leaves nothing behind', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(5);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withFolderLock(lock, work, PATIENT)));
    expect(most).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('hands on the answer, and the failure after letting go', async () => {
    expect(await withFolderLock(lock, async () => 7, PATIENT)).toBe(7);
    const failing = withFolderLock(lock, () => Promise.reject(new Error('no')), PATIENT);
    await expect(failing).rejects.toThrow('no');
    expect(await withFolderLock(lock, async () => 8, PATIENT)).toBe(8);
  });

  it('says once whom it waits for, and gives up in the end', async () => {
    const seen: number[] = [];
    await withFolderLock(
      lock,
      async () => {
        const second = withFolderLock(lock, async () => 0, {
          onWait: (pid) => seen.push(pid),
          timeoutMs: 150,
        });
        await expect(second).rejects.toThrow(`held by process ${process.pid}`);
      },
      PATIENT,
    );
    expect(seen).toEqual([process.pid]);
  });

  it.each([
    ['killed', async () => deadOwner()],
    ['older than this boot, its number taken by another', async () => namesake()],
    ['torn by a power cut', async () => ''],
  ])('is taken over by exactly one of many when its holder is %s', async (_, owner) => {
    await mkdir(lock);
    await writeFile(join(lock, 'owner.json'), await owner());
    let inside = 0;
    const work = async () => {
      inside += 1;
      expect(inside).toBe(1);
      await sleep(5);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withFolderLock(lock, work, PATIENT)));
  });

  it('sweeps what killed processes left beside it, once it is old', async () => {
    const old = new Date(Date.now() - 7_200_000);
    await mkdir(`${lock}.stale-abc`);
    await utimes(`${lock}.stale-abc`, old, old);
    await mkdir(`${lock}.stale-def`);
    await withFolderLock(lock, async () => undefined, PATIENT);
    expect(await readdir(folder)).toEqual(['lock.stale-def']);
  });
});

async function deadOwner(): Promise<string> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
  await once(child, 'spawn');
  const identity = await processIdentity(child.pid!);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await processIdentity(child.pid!)).toBeUndefined();
  return JSON.stringify({ pid: child.pid, identity, token: 'dead' });
}

async function namesake(): Promise<string> {
  return JSON.stringify({ pid: process.pid, identity: 'another start', token: 'namesake' });
}
