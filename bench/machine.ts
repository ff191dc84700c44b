import { execFile } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What is measured runs on the first, everything around it on the second. */
export const MEASURED_CORE = 0;
export const OTHER_CORE = 1;

/** Null when processes can be pinned; else why not. */
export async function whyNotPinned(): Promise<string | null> {
  if (availableParallelism() < 2) return 'this machine has one core';
  return run('taskset', ['-V']).then(
    () => null,
    () => 'taskset is not installed',
  );
}

/** All threads of the process, and what they start from now on. */
export async function pin(pid: number, core: number): Promise<void> {
  await run('taskset', ['-a', '-c', '-p', String(core), String(pid)]);
}

export function describeMachine(): string {
  const [{ model }] = cpus();
  const load = loadavg()[0].toFixed(1);
  return `${cpus().length} × ${model.trim()}, load ${load} at the start, Node ${process.version}`;
}
