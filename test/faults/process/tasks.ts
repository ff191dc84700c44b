import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Notifier } from '../../../src/database/index.js';
import type { RelayCommand } from '../../../src/relay/index.js';
import { GenerationStore } from '../../../src/relay/generation-store.js';
import { GuardedFolder } from '../../support/guarded-folder.js';
import { command, item, startLedgerNode } from '../../support/ledger-node.js';
import { Random } from '../simulator/random.js';
import { type Customer, Easel, Operator } from './easels.js';
import { percentile, tally } from './groups.js';
import { Postgres } from './postgres.js';
import type { Rig, RigOptions } from './rig.js';
import { UpstreamProcess } from './upstream-process.js';
import { checkGenerations, checkObjects, leftOpen, readEnded } from './verdict.js';

const SIZES = {
  short: { tasks: 200, accounts: 10, pickups: 10, kills: 2 },
  long: { tasks: 5_000, accounts: 50, pickups: 100, kills: Infinity },
};
const LATENCY_MS = 100;
const MAX_CONCURRENT = 48;
const BETWEEN_KILLS_MS = [2_000, 5_000] as const;
const QUIET_WITHIN_MS = 45_000;
const TOLD_MEDIAN_MS = 150;
const UNTOLD_MEDIAN_MS = 1_200;

type Accept = (customer: Customer) => Promise<string>;

export const tasks: Rig = {
  about: 'a queue of tasks from many accounts is worked off by two workers that are killed in turn',

  async run(options: RigOptions): Promise<readonly string[]> {
    const folder = await GuardedFolder.make();
    const postgres = await Postgres.start(join(folder.path, 'server'));
    const upstream = await UpstreamProcess.start(folder);
    await upstream.always('ok', { latencyMs: LATENCY_MS });
    const setting = {
      folder,
      databaseUrl: postgres.url,
      upstream: `http://127.0.0.1:${upstream.port}`,
      maxConcurrent: MAX_CONCURRENT,
    };
    const easels = await Promise.all(
      (['api', 'worker', 'worker'] as const).map((role) => Easel.start(setting, role)),
    );
    const node = await startLedgerNode(postgres.database);
    try {
      await Promise.all(easels.map((easel) => easel.listening()));
      const [api, ...workers] = easels;
      const operator = new Operator(() => api.origin);
      const { accounts } = SIZES[options.long ? 'long' : 'short'];
      const customers: Customer[] = [];
      for (let at = 0; at < accounts; at += 1) customers.push(await operator.givenCustomer(10_000));
      const accept = await acceptor(postgres, api.origin, customers[0], node.get(GenerationStore));
      const tell = () => node.get(Notifier).tell('work');
      const findings = [
        ...(await measurePickup(postgres, customers, accept, tell, options)),
        ...(await flood(postgres, workers, customers, accept, tell, options)),
      ];
      const ended = await readEnded(postgres);
      const calls = await upstream.calls();
      options.say(
        `in all: ${tally(ended, ({ status }) => status)}; upstream calls: ${calls.length}`,
      );
      return [
        ...findings,
        ...(await leftOpen(postgres)),
        ...(await operator.ledgerViolations()),
        ...(await checkObjects(postgres, join(folder.path, 'data', 'images'))),
        ...checkGenerations(ended, calls),
      ];
    } finally {
      await node.close();
      await Promise.all(easels.map((easel) => easel.end()));
      upstream.kill();
      await postgres.stop();
      await folder.remove();
    }
  },
};

/** Puts one of a customer's tasks in the queue, as accept does when every upstream is full. */
async function acceptor(
  postgres: Postgres,
  origin: string,
  customer: Customer,
  store: GenerationStore,
): Promise<Accept> {
  const answer = await fetch(`${origin}/v1/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${customer.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-image-2', prompt: 'A dyke <sample>', size: '1024x1024' }),
  });
  if (answer.status !== 200) throw new Error(`a sample was answered ${answer.status}`);
  const [sample] = await postgres.query<{ request: RelayCommand['request']; hold: number }>(
    `SELECT i.request, (g.hold_credits / 1000)::int AS hold
       FROM generations g JOIN generation_inputs i ON i.generation_id = g.id LIMIT 1`,
  );
  let made = 0;
  return async ({ accountId }) => {
    const request = { ...sample.request, prompt: `A dyke <task-${(made += 1)}>` };
    const task = item(command(accountId, null, { request }), sample.hold, { lease: null });
    const { verdict } = await store.accept({ ...task, deadlineSeconds: 900 });
    if (verdict !== 'ok') throw new Error(`a task was answered ${verdict}`);
    return task.id;
  };
}

/** One task at a time on idle workers: how long until one of them has it? */
async function measurePickup(
  postgres: Postgres,
  customers: readonly Customer[],
  accept: Accept,
  tell: () => void,
  { long, seed, say }: RigOptions,
): Promise<string[]> {
  const random = new Random(seed);
  const { pickups } = SIZES[long ? 'long' : 'short'];
  // A worker that has just come takes no share before the others know of it.
  await sleep(3_000);
  const measure = async (hasten: () => void) => {
    const ids: string[] = [];
    for (let turn = 0; turn < pickups; turn += 1) {
      const id = await accept(customers[turn % customers.length]);
      hasten();
      while ((await waitingTimes(postgres, [id])).length === 0) await sleep(20);
      ids.push(id);
      // What has just ended makes a worker look at once: let it come to rest, somewhere between polls.
      await sleep(random.between(4 * LATENCY_MS, 1_500));
    }
    return waitingTimes(postgres, ids);
  };
  const told = await measure(tell);
  const untold = await measure(() => undefined);
  const show = (values: readonly number[]) => {
    return [0.5, 0.99].map((part) => percentile(values, part).toFixed(0)).join(' / ');
  };
  say(`pickup by an idle worker, p50 / p99: told ${show(told)} ms, untold ${show(untold)} ms`);
  return [
    ...(percentile(told, 0.5) > TOLD_MEDIAN_MS ? ['a worker that is told of work is slow'] : []),
    ...(percentile(untold, 0.5) > UNTOLD_MEDIAN_MS ? ['a worker that polls is slow'] : []),
  ];
}

/** From accept to claim, ms, of those that were claimed; by the database's clock. */
async function waitingTimes(postgres: Postgres, ids: readonly string[]): Promise<number[]> {
  const rows = await postgres.query<{ ms: number }>(
    `SELECT (extract(epoch FROM started_at - created_at) * 1000)::float8 AS ms
       FROM generations WHERE id = ANY ($1) AND started_at IS NOT NULL`,
    [ids],
  );
  return rows.map(({ ms }) => ms);
}

async function flood(
  postgres: Postgres,
  workers: readonly Easel[],
  customers: readonly Customer[],
  accept: Accept,
  tell: () => void,
  { long, seed, say }: RigOptions,
): Promise<string[]> {
  const { tasks: count, kills: mostKills } = SIZES[long ? 'long' : 'short'];
  const random = new Random(seed);
  const begun = performance.now();
  let kills = 0;
  const isWaiting = async () => {
    const [{ waiting }] = await postgres.query<{ waiting: boolean }>(
      `SELECT EXISTS (SELECT FROM generations WHERE status = 'pending') AS waiting`,
    );
    return waiting;
  };
  const ids = await acceptAll(count, customers, accept, tell);
  const acceptedIn = performance.now() - begun;
  do {
    await sleep(random.between(...BETWEEN_KILLS_MS));
    if (kills >= mostKills) continue;
    // On a busy machine a start takes longer than that: nobody would be left to work.
    await Promise.all(workers.map((worker) => worker.listening()));
    await random.pick(workers).kill();
    kills += 1;
  } while (await isWaiting());
  const workedIn = performance.now() - begun;
  while (performance.now() - begun < workedIn + QUIET_WITHIN_MS) {
    if ((await leftOpen(postgres)).length === 0) break;
    await sleep(250);
  }
  const quietIn = (performance.now() - begun - workedIn) / 1000;
  say(
    `${count} tasks of ${customers.length} accounts accepted in ${(acceptedIn / 1000).toFixed(1)} s`,
  );
  say(
    `queue empty after ${(workedIn / 1000).toFixed(1)} s with ${kills} workers killed: ${((count / workedIn) * 1000).toFixed(1)} tasks a second`,
  );
  say(`the last of what the killed ones had was ended ${quietIn.toFixed(1)} s later`);
  return describeWaiting(postgres, ids, say);
}

async function acceptAll(
  count: number,
  customers: readonly Customer[],
  accept: Accept,
  tell: () => void,
): Promise<string[]> {
  const ids: string[] = [];
  const perAccount = count / customers.length;
  // Account by account: whoever comes last finds everybody else's tasks before his.
  for (const customer of customers) {
    for (let made = 0; made < perAccount; made += 10) {
      ids.push(...(await Promise.all(Array.from({ length: 10 }, () => accept(customer)))));
      tell();
    }
  }
  return ids;
}

/** The first task of the last account must not wait for all tasks of the others. */
async function describeWaiting(
  postgres: Postgres,
  ids: readonly string[],
  say: (line: string) => void,
): Promise<string[]> {
  const rows = await postgres.query<{ turn: number; ms: number }>(
    `SELECT row_number() OVER (PARTITION BY account_id ORDER BY id)::int AS turn,
            (extract(epoch FROM started_at - created_at) * 1000)::float8 AS ms
       FROM generations WHERE id = ANY ($1)`,
    [ids],
  );
  const all = rows.map(({ ms }) => ms);
  const firsts = rows.filter(({ turn }) => turn === 1).map(({ ms }) => ms);
  say(
    `in the queue, p50 / max: ${(percentile(all, 0.5) / 1000).toFixed(1)} / ${(Math.max(...all) / 1000).toFixed(1)} s`,
  );
  say(
    `the first of each account: ${(percentile(firsts, 0.5) / 1000).toFixed(1)} / ${(Math.max(...firsts) / 1000).toFixed(1)} s`,
  );
  const starved = Math.max(...firsts) > Math.max(...all) / 2 && Math.max(...all) > 10_000;
  return starved ? ["an account's first task waited for the queues of the others"] : [];
}
