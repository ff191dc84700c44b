import { Child } from '../child.js';
import type { Workbench } from '../workbench.js';
import type { Contender } from './contender.js';

/** One of the bench's own Nest programs. */
export async function startNest(
  bench: Workbench,
  name: string,
  program: 'echo.ts' | 'multer-relay.ts',
): Promise<Contender> {
  const child = Child.program(bench.folder, `nest/${program}`, [bench.stub], {
    env: { NODE_ENV: 'production' },
  });
  const origin = `http://127.0.0.1:${await child.ready()}`;
  await bench.putOnMeasuredCore(child.pid);
  return { name, door: { origin, headers: {} }, pid: child.pid, stop: () => child.stop() };
}
