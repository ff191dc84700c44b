import { installClock } from './clock.js';
import { Session } from './session.js';
import { World } from './world.js';
installClock();
const session = await Session.open();
const first = 7000, n = Number(process.argv[2] ?? 20);
let cr = 0; const w: any = {};
for (let s = first; s < first + n; s++) {
  const world: any = new World(session.physical, s, {});
  const r = await world.run(); cr += r.crashes;
  for (const wish of world.people.wishes) for (const t of wish.tries) { const a = t.answer; const k = a === null ? 'null' : a.kind === 'failure' ? a.code + (a.retryable ? ' retry' : '') : a.kind + (t.replayed ? ' replayed' : ''); w[k] = (w[k] ?? 0) + 1; }
  if (r.violations.length) console.log(s, r.violations);
}
const ask = (q: string) => session.physical.ask<any>(q);
console.log(cr, w);
console.log(await ask(`SELECT status, error->>'code' AS code, count(*) FROM generations GROUP BY 1,2 ORDER BY 3 DESC`));
console.log(await ask(`SELECT images, count FROM (SELECT images, count(*) FROM generations WHERE status='succeeded' GROUP BY 1) x`));
console.log(await ask(`SELECT model, status, count(*) FROM generations GROUP BY 1,2 ORDER BY 1,2`));
console.log(await ask(`SELECT kind, count(*) FROM credit_entries GROUP BY 1`));
console.log(await ask(`SELECT n AS attempts, count(*) FROM (SELECT count(*) n FROM attempts GROUP BY generation_id) x GROUP BY 1 ORDER BY 1`), await ask('SELECT count(*) AS late FROM late_results'), await ask('SELECT count(*) AS keys FROM idempotency_keys'), await ask('SELECT count(*) AS undelivered FROM generations WHERE undelivered'));
await session.close();
