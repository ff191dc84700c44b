import pg from 'pg';
import { fill } from './fill.js';
import type { ScaleOrder } from './orders.js';
import { Timings } from './timings.js';

const databases: Timings[] = [];

/** Fills databases and times calls on them, on order. */
process.on('message', (order: ScaleOrder) => {
  void obey(order).then((reply) => process.send?.(reply));
});
process.once('disconnect', () => process.exit());

async function obey(order: ScaleOrder): Promise<object> {
  if ('time' in order) return databases[order.time.database].take(order.time.repeats);
  const { url, generations } = order.fill;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  databases.push(await Timings.open(url, await fill(client, generations)));
  await client.end();
  return {};
}
