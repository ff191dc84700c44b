import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A temporary folder for data folders of one suite. A guard process stops the servers below it and
 * removes it when the suite is done, also when the test run is killed. Its name has a space.
 */
export class GuardedFolder {
  private constructor(
    readonly path: string,
    private readonly guard: ChildProcess,
  ) {}

  static async make(): Promise<GuardedFolder> {
    const path = await mkdtemp(join(tmpdir(), 'easel suite-'));
    await chmod(path, 0o711);
    const program = join(process.cwd(), 'test', 'support', 'postgres-guard.mjs');
    const guard = spawn(process.execPath, [program, path], {
      stdio: ['pipe', 'ignore', 'inherit'],
      detached: true,
    });
    return new GuardedFolder(path, guard);
  }

  /** A process that must not outlive the test run. */
  ward(pid: number): void {
    this.guard.stdin!.write(`${pid}\n`);
  }

  async remove(): Promise<void> {
    this.guard.stdin!.end();
    if (this.guard.exitCode === null) await once(this.guard, 'exit');
  }
}
