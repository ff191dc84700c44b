import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Node processes forked by `pid`; what else it started (a database) is not counted. Linux only. */
export async function forkedBy(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const pids = text.split(' ').filter(Boolean).map(Number);
  const names = await Promise.all(pids.map(nameOf));
  return pids.filter((_, at) => names[at] === 'node');
}

/** Resolves with the time it took, in ms, once none of the processes is left. */
export async function areGone(pids: readonly number[], withinMs: number): Promise<number> {
  const begun = performance.now();
  while (performance.now() - begun < withinMs) {
    const names = await Promise.all(pids.map(nameOf));
    if (names.every((name) => name === null)) return performance.now() - begun;
    await sleep(25);
  }
  throw new Error(`some of ${pids.join(', ')} still run after ${withinMs} ms`);
}

/** Null when there is no such process, or nothing of it but its exit code. */
async function nameOf(pid: number): Promise<string | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  if (status === '' || /^State:\s+[ZX]/m.test(status)) return null;
  return /^Name:\s+(\S+)/m.exec(status)?.[1] ?? null;
}
