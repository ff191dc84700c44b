import { problemOfLinks } from './checks.js';
import type { Order, Reply } from './job.js';
import { runLoad } from './run-load.js';
import { release, stall } from './stall.js';

/** The load generator: takes orders from the process that started it, one at a time. */
process.on('message', (order: Order) => {
  obey(order).then(
    (reply) => process.send?.(reply),
    (error: Error) => process.send?.({ failed: error.stack ?? error.message } satisfies Reply),
  );
});
process.once('disconnect', () => process.exit());

async function obey(order: Order): Promise<Reply> {
  if ('run' in order) return { result: await runLoad(order.run) };
  if ('follow' in order) return { followed: { example: await problemOfLinks(order.follow) } };
  if ('stall' in order) return { stalled: await stall(order.stall) };
  release();
  return { released: true };
}
