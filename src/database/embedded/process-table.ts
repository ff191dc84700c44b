import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { processIdentity } from './folder-lock.mjs';

const run = promisify(execFile);

/**
 * Is process `pid` alive and a PostgreSQL process carrying this tag (see `clusterTag`)? A number
 * from an old file may by now belong to anybody.
 */
export async function isServer(pid: number, tag: string): Promise<boolean> {
  if ((await processIdentity(pid)) === undefined) return false;
  if (process.platform === 'win32') return true;
  return (await serverProcesses(tag)).includes(pid);
}

/**
 * Ends what a killed server left behind: while a backend is busy it holds the shared memory, and
 * no new server would start on the cluster. The answer is how many there were.
 */
export async function killOrphans(tag: string): Promise<number> {
  if (process.platform === 'win32') return 0;
  const orphans = await serverProcesses(tag);
  return orphans.filter((pid) => kill(pid, 'SIGKILL')).length;
}

/** False when the process is gone already. */
export function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** PostgreSQL shows its `cluster_name` in every process title, which any account may read. */
async function serverProcesses(tag: string): Promise<number[]> {
  const titles = process.platform === 'linux' ? await titlesFromProc() : await titlesFromPs();
  return titles
    .filter(({ title }) => title.includes(tag) && title.includes('postgres'))
    .map(({ pid }) => pid);
}

interface Titled {
  readonly pid: number;
  readonly title: string;
}

async function titlesFromProc(): Promise<Titled[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  return Promise.all(
    pids.map(async (pid) => {
      const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return { pid, title };
    }),
  );
}

async function titlesFromPs(): Promise<Titled[]> {
  const { stdout } = await run('ps', ['-axww', '-o', 'pid=,command=']);
  return stdout.split('\n').map((line) => {
    const [pid = '', ...words] = line.trim().split(' ');
    return { pid: Number(pid), title: words.join(' ') };
  });
}
