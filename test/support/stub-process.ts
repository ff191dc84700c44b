import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { GuardedFolder } from './guarded-folder.js';
import type { BehaviourName, BehaviourOptions, StubCall } from './upstream-stub/upstream-stub.mjs';

const MAIN = fileURLToPath(new URL('./upstream-stub/main.mjs', import.meta.url));

/** The upstream stub as a process of its own, so that its memory and time are nobody else's. */
export interface StubProcess {
  readonly baseUrl: string;
  always(behaviour: BehaviourName, options?: BehaviourOptions): Promise<void>;
  calls(): Promise<Pick<StubCall, 'outcome'>[]>;
  stop(): Promise<void>;
}

export async function startStubProcess(folder: GuardedFolder): Promise<StubProcess> {
  const child = spawn(process.execPath, [MAIN], { stdio: ['ignore', 'pipe', 'inherit'] });
  folder.ward(child.pid!);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { baseUrl } = JSON.parse(line) as { baseUrl: string };
  const tell = async (what: string, body: object) => {
    const url = baseUrl.replace(/v1$/, `__stub/${what}`);
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    return (await answer.json()) as { calls: Pick<StubCall, 'outcome'>[] };
  };
  return {
    baseUrl,
    always: async (behaviour, options) => {
      await tell('reset', {});
      await tell('always', { behaviour, options });
    },
    calls: async () => (await tell('look', {})).calls,
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    },
  };
}
