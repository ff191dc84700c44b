import { readFile, writeFile } from 'node:fs/promises';

/** What the system says of one process's memory, in MiB. Linux only. */
export class MemoryOf {
  constructor(private readonly pid: number) {}

  /** Resident now. */
  async now(): Promise<number> {
    return this.read('VmRSS');
  }

  /** The most it was since `forget`, or since it began. */
  async peak(): Promise<number> {
    return this.read('VmHWM');
  }

  async forget(): Promise<void> {
    await writeFile(`/proc/${this.pid}/clear_refs`, '5');
  }

  private async read(name: string): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8');
    const [, kib] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status) ?? [];
    if (kib === undefined) throw new Error(`no ${name} of process ${this.pid}`);
    return Number(kib) / 1024;
  }
}
