import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { GuardedFolder } from '../../support/guarded-folder.js';

const TRANSLATES = ['--import', './test/faults/runtime/register.mjs'];

/** A process of the rig's own that does one thing at a time and answers when it is done. */
export class Hand<Task extends object, Answer> {
  private constructor(private readonly child: ChildProcess) {}

  /** @param file beside this one; it calls `work` */
  static async hire<Task extends object, Answer>(
    folder: GuardedFolder,
    file: string,
    databaseUrl: string,
  ): Promise<Hand<Task, Answer>> {
    const program = fileURLToPath(new URL(file, import.meta.url));
    const child = fork(program, [databaseUrl], { execArgv: TRANSLATES });
    folder.ward(child.pid!);
    await once(child, 'message');
    return new Hand(child);
  }

  tell(task: Task): void {
    this.child.send(task);
  }

  /** @throws Error when it dies over it */
  async answer(): Promise<Answer> {
    const gone = new AbortController();
    const died = once(this.child, 'exit', { signal: gone.signal }).then(() => {
      throw new Error('a process of the rig died');
    });
    try {
      const [answer] = (await Promise.race([once(this.child, 'message'), died])) as [Answer];
      return answer;
    } finally {
      died.catch(() => undefined);
      gone.abort();
    }
  }

  do(task: Task): Promise<Answer> {
    this.tell(task);
    return this.answer();
  }

  dismiss(): void {
    this.child.kill('SIGKILL');
  }
}

/** For the other side: hears tasks and answers them, until it is killed. */
export function work<Task, Answer>(perform: (task: Task) => Promise<Answer | null>): void {
  process.on('message', (task: Task) => {
    void perform(task).then((answer) => answer !== null && process.send!(answer));
  });
  process.on('disconnect', () => process.exit(0));
  process.send!('ready');
}

/** Microseconds by the clock that all processes of this machine share. */
export function sharedMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
