import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface Line {
  readonly log?: string;
  readonly up?: { readonly url: string; readonly adopted: boolean };
}

/** Another process of ours that uses the embedded PostgreSQL of a data folder. */
export class EmbeddedProcess {
  readonly logs: string[] = [];
  private readonly waiting: (() => void)[] = [];
  private child: ChildProcess;
  private ended = false;
  private server: Line['up'];

  constructor(dataDir: string, account: { uid?: number; gid?: number } = {}) {
    const program = join(process.cwd(), 'test', 'support', 'embedded-child.mjs');
    this.child = spawn(process.execPath, [program, dataDir], {
      ...account,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.hear(line));
    this.child.once('exit', () => {
      this.ended = true;
      this.wake();
    });
  }

  async up(): Promise<{ url: string; adopted: boolean }> {
    await this.until(() => this.server !== undefined);
    return this.server!;
  }

  async logged(text: string): Promise<void> {
    await this.until(() => this.logs.some((line) => line.includes(text)));
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    this.child.stdin!.end();
    await once(this.child, 'exit');
  }

  async kill(): Promise<void> {
    if (this.ended) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.ended) throw new Error(`the process ended after: ${this.logs.join('; ')}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private hear(text: string): void {
    const line = JSON.parse(text) as Line;
    if (line.log !== undefined) this.logs.push(line.log);
    this.server = line.up ?? this.server;
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
