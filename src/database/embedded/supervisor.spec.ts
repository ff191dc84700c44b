import { describe, expect, it } from '@jest/globals';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../test/support/until.js';
import { processIdentity } from './folder-lock.mjs';
import type { Layout } from './layout.js';
import type { Postmaster } from './postmaster.js';
import { Supervisor } from './supervisor.js';

const PORT = 20_001;
const FIRST_WAIT_MS = 500;
/** Node's timers and the clock differ by a millisecond or two. */
const TIMER_SLACK_MS = 5;
const LAYOUT = { cluster: join(tmpdir(), 'easel-no-such-cluster'), tag: 'easel-none' } as Layout;

/** No process has this number; ours stands for a server that lives. */
const DEAD: Postmaster = { pid: 2 ** 30, identity: 'gone', port: PORT };

describe('the supervisor', () => {
  it('tries again, more slowly each time, until the server is up, and reports each failure', async () => {
    const alive = await ownProcess();
    const { supervisor, tries, logs } = watch(DEAD, (attempt) => {
      if (attempt < 3) throw new Error('no space left');
      return alive;
    });
    await until(() => tries.length === 3);
    expect(await supervisor.stop()).toBe(alive);
    // No upper bounds: a busy machine adds to each wait as it likes.
    expect(tries[1] - tries[0]).toBeGreaterThanOrEqual(FIRST_WAIT_MS - TIMER_SLACK_MS);
    expect(tries[2] - tries[1]).toBeGreaterThanOrEqual(2 * FIRST_WAIT_MS - TIMER_SLACK_MS);
    expect(logs.filter((line) => line.includes('no space left'))).toHaveLength(2);
    expect(logs.at(-1)).toContain(`back on port ${PORT}`);
  });

  it('backs off when the server comes up and dies again', async () => {
    const { supervisor, tries } = watch(DEAD, () => DEAD);
    await until(() => tries.length === 3);
    await supervisor.stop();
    expect(tries[2] - tries[1]).toBeGreaterThanOrEqual(2 * FIRST_WAIT_MS - TIMER_SLACK_MS);
  });

  it('leaves a living server alone and starts none once it was stopped', async () => {
    const { supervisor, tries } = watch(await ownProcess(), () => DEAD);
    await sleep(500);
    await supervisor.stop();
    const second = watch(DEAD, () => DEAD);
    await second.supervisor.stop();
    await sleep(500);
    expect([...tries, ...second.tries]).toEqual([]);
  });
});

function watch(server: Postmaster, launch: (attempt: number) => Postmaster) {
  const tries: number[] = [];
  const logs: string[] = [];
  const supervisor = new Supervisor(server, {
    layout: LAYOUT,
    log: (message) => void logs.push(message),
    alone: (work) => work(),
    launch: async () => launch(tries.push(Date.now())),
  });
  return { supervisor, tries, logs };
}

async function ownProcess(): Promise<Postmaster> {
  const identity = await processIdentity(process.pid);
  return { pid: process.pid, identity: identity!, port: PORT };
}
