import { readdir, readFile } from 'node:fs/promises';

/**
 * CPU time of processes by the scheduler's own count, every thread of them:
 * what a busy machine leaves exact. Linux only.
 */
export class CpuMeter {
  private constructor(private readonly begun: ReadonlyMap<string, number>) {}

  static async start(pids: readonly number[]): Promise<CpuMeter> {
    return new CpuMeter(await readThreads(pids));
  }

  /**
   * µs since the start. Threads that began meanwhile count in full, those that ended not at all;
   * processes of another machine are not a number.
   */
  async stop(pids: readonly number[]): Promise<number> {
    if (pids.length === 0) return Number.NaN;
    let total = 0;
    for (const [thread, ns] of await readThreads(pids)) {
      total += ns - (this.begun.get(thread) ?? 0);
    }
    return total / 1000;
  }
}

async function readThreads(pids: readonly number[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const pid of pids) {
    const tasks = `/proc/${pid}/task`;
    for (const thread of await readdir(tasks).catch(() => [])) {
      const text = await readFile(`${tasks}/${thread}/schedstat`, 'utf8').catch(() => '');
      if (text !== '') found.set(`${pid}/${thread}`, Number(text.split(' ')[0]));
    }
  }
  return found;
}
