import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for something to become true; throws when it does not in time. The default is many times
 * what a quiet machine needs: it costs nothing there, and a slow machine is no failure.
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not come true in ${withinMs} ms`);
    await sleep(20);
  }
}
