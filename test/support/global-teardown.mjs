import { once } from 'node:events';

/** Stops the run's PostgreSQL; the guard then removes its folder. */
export default async function tearDown() {
  const run = globalThis.easelTestRun;
  if (run === undefined) return;
  await run.embedded.stop();
  run.guard.stdin.end();
  if (run.guard.exitCode === null) await once(run.guard, 'exit');
}
