import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { GuardedFolder } from '../test/support/guarded-folder.js';

const LOADER = ['--no-warnings', '--import', './test/faults/runtime/register.mjs'];

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Takes orders by messages. */
  readonly obeys?: boolean;
  /** What it says is nobody's concern. */
  readonly quiet?: boolean;
}

/** A process of the bench's own, which ends with it. */
export class Child {
  private readonly gone: Promise<never>;

  private constructor(private readonly child: ChildProcess) {
    this.gone = once(child, 'exit').then(() => {
      throw new Error('a process of the bench ended over its work');
    });
    // An end that nobody waits for is no failure.
    this.gone.catch(() => undefined);
  }

  /** @param command program and arguments */
  static start(
    folder: GuardedFolder,
    [program, ...args]: readonly string[],
    { env = {}, obeys = false, quiet = false }: ChildOptions = {},
  ): Child {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: [
        'ignore',
        quiet ? 'ignore' : 'pipe',
        quiet ? 'ignore' : 'inherit',
        ...(obeys ? (['ipc'] as const) : []),
      ],
    });
    if (child.pid === undefined) throw new Error(`${program} did not start`);
    folder.ward(child.pid);
    return new Child(child);
  }

  /** One of this folder's programs. */
  static program(
    folder: GuardedFolder,
    file: string,
    args: readonly string[] = [],
    options: ChildOptions = {},
  ): Child {
    const command = [process.execPath, ...LOADER, `bench/${file}`, ...args];
    return Child.start(folder, command, options);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Where it says it serves. */
  async ready(): Promise<number> {
    for await (const line of createInterface({ input: this.child.stdout! })) {
      if (!line.startsWith('{"ready"')) continue;
      this.child.stdout!.resume();
      return (JSON.parse(line) as { ready: { port: number } }).ready.port;
    }
    throw new Error('a process of the bench ended before it served');
  }

  /** Sends an order and waits for the one reply. */
  async ask<T>(order: object): Promise<T> {
    this.child.send(order);
    const [reply] = (await Promise.race([once(this.child, 'message'), this.gone])) as [T];
    return reply;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(late);
  }
}
