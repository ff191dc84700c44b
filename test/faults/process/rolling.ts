import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GuardedFolder } from '../../support/guarded-folder.js';
import { Random } from '../simulator/random.js';
import { type Customer, Easel, Operator } from './easels.js';
import { Front } from './front.js';
import { percentile, tally } from './groups.js';
import { Postgres } from './postgres.js';
import type { Rig, RigOptions } from './rig.js';
import { UpstreamProcess } from './upstream-process.js';

const SHORT_SECONDS = 12;
const LONG_SECONDS = 300;
const CLIENTS = 8;
/** A tenth of it is the time that a load balancer has to notice. */
const GRACE_SECONDS = 10;
const LATENCIES_MS = [20, 100, 400, 1_500];

interface Asked {
  readonly what: string;
  /** `200`, another status with its reason, or how the connection ended. */
  readonly answer: string;
  readonly ms: number;
}

export const rolling: Rig = {
  about: 'two API processes behind a load balancer are restarted in turn by SIGTERM, under load',

  async run(options: RigOptions): Promise<readonly string[]> {
    const folder = await GuardedFolder.make();
    const postgres = await Postgres.start(join(folder.path, 'server'));
    const upstream = await UpstreamProcess.start(folder);
    const setting = {
      folder,
      databaseUrl: postgres.url,
      upstream: `http://127.0.0.1:${upstream.port}`,
      maxConcurrent: 200,
      env: { SHUTDOWN_GRACE_SECONDS: String(GRACE_SECONDS) },
    };
    const easels = await Promise.all([Easel.start(setting, 'all'), Easel.start(setting, 'all')]);
    await Promise.all(easels.map((easel) => easel.listening()));
    const front = await Front.of(easels.map(({ origin }) => origin));
    try {
      return await play(easels, front, upstream, options);
    } finally {
      front.close();
      await Promise.all(easels.map((easel) => easel.end()));
      upstream.kill();
      await postgres.stop();
      await folder.remove();
    }
  },
};

async function play(
  easels: readonly Easel[],
  front: Front,
  upstream: UpstreamProcess,
  { long, seconds, seed, say }: RigOptions,
): Promise<string[]> {
  const random = new Random(seed);
  const operator = new Operator(() => easels[0].origin);
  const customer = await operator.givenCustomer(1_000_000);
  for (const easel of easels) await front.sends(easel.origin, true);
  const asked: Asked[] = [];
  let going = true;
  const load = Array.from({ length: CLIENTS }, (_, client) => {
    return ask(front.origin, customer, new Random(seed + client), asked, () => going);
  });
  const codes: (number | null)[] = [];
  const end = performance.now() + (seconds ?? (long ? LONG_SECONDS : SHORT_SECONDS)) * 1_000;
  for (let turn = 0; performance.now() < end || turn < 2; turn += 1) {
    await upstream.always('ok', { latencyMs: random.pick(LATENCIES_MS) });
    await sleep(random.between(100, 800));
    const easel = easels[turn % easels.length];
    codes.push(await easel.stop());
    await front.sends(easel.origin, false);
    await front.sends(easel.origin, true);
  }
  going = false;
  await Promise.all(load);
  const failed = asked.filter(({ answer }) => answer !== '200');
  say(`${codes.length} restarts; ${asked.length} requests (${tally(asked, ({ what }) => what)})`);
  say(`failed: ${failed.length}; slowest ${Math.max(...asked.map(({ ms }) => ms)).toFixed(0)} ms`);
  say(
    `median ${percentile(
      asked.map(({ ms }) => ms),
      0.5,
    ).toFixed(0)} ms`,
  );
  const unclean = codes.filter((code) => code !== 0);
  return [
    ...(failed.length > 0
      ? [`requests failed: ${tally(failed, (each) => `${each.what} ${each.answer}`)}`]
      : []),
    ...(unclean.length > 0 ? [`${unclean.length} processes left with ${unclean.join(', ')}`] : []),
    ...(await operator.ledgerViolations()),
  ];
}

/** A client that makes pictures, lists models and looks at what it made. */
async function ask(
  origin: string,
  { secret }: Customer,
  random: Random,
  asked: Asked[],
  goesOn: () => boolean,
): Promise<void> {
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
  let made: string | null = null;
  while (goesOn()) {
    const what = random.pick(['generate', 'generate', 'models', made ? 'look' : 'models']);
    const body = JSON.stringify({ model: 'gpt-image-2', prompt: 'a weir', size: '1024x1024' });
    const begun = performance.now();
    const answer = await fetch(`${origin}/v1/${pathOf(what, made)}`, {
      headers,
      ...(what === 'generate' ? { method: 'POST', body } : {}),
    }).then(
      async (response) => {
        if (what === 'generate') made = response.headers.get('x-generation-id') ?? made;
        const text = await response.text();
        const reason = response.headers.get('x-front') ?? text.slice(0, 200);
        return response.status === 200 ? '200' : `${response.status} ${reason}`;
      },
      (error: Error) => error.message,
    );
    asked.push({ what, answer, ms: performance.now() - begun });
    await sleep(random.between(0, 40));
  }
}

function pathOf(what: string, made: string | null): string {
  if (what === 'models') return 'models';
  return what === 'look' ? `images/${made}` : 'images/generations';
}
