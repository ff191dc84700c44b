import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { GuardedFolder } from '../../support/guarded-folder.js';
import type { BehaviourOptions, StubCall } from '../../support/upstream-stub/upstream-stub.mjs';

/** The upstream stub as a process of its own: no death of ours touches its ledger of calls. */
export class UpstreamProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(folder: GuardedFolder): Promise<UpstreamProcess> {
    const child = spawn(process.execPath, ['test/support/upstream-stub/main.mjs'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    folder.ward(child.pid!);
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return new UpstreamProcess(child, (JSON.parse(line) as { port: number }).port);
  }

  async always(behaviour: string, options: BehaviourOptions): Promise<void> {
    await this.control('always', { behaviour, options });
  }

  async calls(): Promise<StubCall[]> {
    return (await this.control('peek', {})).calls;
  }

  async inFlight(): Promise<number> {
    return (await this.control('peek', {})).inFlight;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private async control(action: string, body: object) {
    const answer = await fetch(`http://127.0.0.1:${this.port}/__stub/${action}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    return (await answer.json()) as { calls: StubCall[]; inFlight: number };
  }
}
