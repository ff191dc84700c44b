import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GuardedFolder } from '../../support/guarded-folder.js';
import { Random } from '../simulator/random.js';
import { Client, type Wish } from './clients.js';
import { Easel, Operator, type Role } from './easels.js';
import { tally } from './groups.js';
import { Postgres } from './postgres.js';
import type { Rig, RigOptions } from './rig.js';
import { makeTrouble, type Scene } from './troubles.js';
import { UpstreamProcess } from './upstream-process.js';
import { checkGenerations, checkObjects, checkWishes, leftOpen, readEnded } from './verdict.js';
import { Wire } from './wire.js';

const SHORT_SECONDS = 15;
const LONG_SECONDS = 600;
const ROLES: readonly Role[] = ['api', 'api', 'worker', 'worker'];
/** Small, so that some wait in the queue for a worker. */
const MAX_CONCURRENT = 12;
const CLIENTS = 14;
/** A lease, and what the design promises on top of it. */
const QUIET_WITHIN_MS = 45_000;
/** Links followed at the end, at most. */
const LINKS = 200;

export const faults: Rig = {
  about: 'API and worker processes, PostgreSQL and the network die at random under load',

  async run(options: RigOptions): Promise<readonly string[]> {
    const folder = await GuardedFolder.make();
    const scene = await setUp(folder);
    try {
      return await play(scene, join(folder.path, 'data', 'images'), options);
    } finally {
      await Promise.all(scene.easels.map((easel) => easel.end()));
      scene.upstream.kill();
      scene.toPostgres.close();
      scene.toUpstream.close();
      await scene.postgres.stop().catch(() => undefined);
      await folder.remove();
    }
  },
};

async function setUp(folder: GuardedFolder): Promise<Scene> {
  const postgres = await Postgres.start(join(folder.path, 'server'));
  const upstream = await UpstreamProcess.start(folder);
  const toUpstream = await Wire.to(upstream.port);
  const toPostgres = await Wire.to(postgres.port);
  const url = new URL(postgres.url);
  url.port = String(toPostgres.port);
  const setting = {
    folder,
    databaseUrl: url.toString(),
    upstream: `http://127.0.0.1:${toUpstream.port}`,
    maxConcurrent: MAX_CONCURRENT,
  };
  await upstream.always('ok', { latencyMs: 150 });
  const easels = await Promise.all(ROLES.map((role) => Easel.start(setting, role)));
  await Promise.all(easels.map((easel) => easel.listening()));
  return { easels, postgres, upstream, toUpstream, toPostgres };
}

async function play(
  scene: Scene,
  imagesFolder: string,
  { long, seconds, seed, say }: RigOptions,
): Promise<string[]> {
  const random = new Random(seed);
  const { postgres, easels, upstream } = scene;
  const origins = easels.filter(({ role }) => role === 'api').map(({ origin }) => origin);
  const operator = new Operator(() => origins[0]);
  const durationMs = (seconds ?? (long ? LONG_SECONDS : SHORT_SECONDS)) * 1_000;

  const wishes: Wish[] = [];
  let going = true;
  const clients = await givenClients(operator, random, origins, wishes);
  const load = Promise.all(clients.map((client) => client.run(() => going)));
  const troubles = await makeTrouble(scene, random, durationMs);
  going = false;
  await load;
  const quietMs = await quiet(postgres);

  const ended = await readEnded(postgres);
  const calls = await upstream.calls();
  say(`PostgreSQL ${await postgres.version()}; ${ROLES.join(', ')} processes`);
  say(`tried: ${tally(troubles, (name) => name)}`);
  say(`clients: ${describeWishes(wishes)}`);
  say(`generations: ${tally(ended, ({ status }) => status)}; upstream calls: ${calls.length}`);
  say(`all had ended ${(quietMs / 1000).toFixed(1)} s after the last fault`);
  for (const line of complaintsOf(easels)) say(`said: ${line}`);
  return [
    ...(await leftOpen(postgres)),
    ...(await operator.ledgerViolations()),
    ...(await checkObjects(postgres, imagesFolder)),
    ...checkGenerations(ended, calls),
    ...checkWishes(wishes, ended),
    ...(await checkLinks(wishes, origins[0])),
  ];
}

async function givenClients(
  operator: Operator,
  random: Random,
  origins: readonly string[],
  wishes: Wish[],
): Promise<Client[]> {
  const clients: Client[] = [];
  for (let at = 0; at < CLIENTS; at += 1) {
    // Some are poor, some only try, and all others share nothing but the machine.
    const customer = await operator.givenCustomer(
      at < 2 ? 30 : 100_000,
      at % 7 === 6 ? 'test' : 'live',
    );
    const own = new Random(random.below(1_000_000_000));
    clients.push(new Client(`${at}`, customer, own, origins, wishes));
  }
  return clients;
}

/** @returns how long it took, or how long it was waited for */
async function quiet(postgres: Postgres): Promise<number> {
  const begun = performance.now();
  while (performance.now() - begun < QUIET_WITHIN_MS) {
    if ((await leftOpen(postgres)).length === 0) break;
    await sleep(250);
  }
  return performance.now() - begun;
}

/** A link in an answer leads to a picture, now and for everybody who has it. */
async function checkLinks(wishes: readonly Wish[], origin: string): Promise<string[]> {
  const links = wishes
    .flatMap(({ tries }) => tries.flatMap(({ images }) => images))
    .filter((image) => image.startsWith('/'));
  const findings: string[] = [];
  for (const link of links.slice(-LINKS)) {
    const { status } = await fetch(`${origin}${link}`);
    if (status !== 200) findings.push(`a link of a 200 leads to ${status}`);
  }
  return findings;
}

function describeWishes(wishes: readonly Wish[]): string {
  const tries = wishes.flatMap((wish) => wish.tries);
  const answers = tally(tries, ({ status, code }) => code ?? String(status ?? 'lost'));
  return `${tally(wishes, ({ kind }) => kind)}; answers: ${answers}`;
}

function complaintsOf(easels: readonly Easel[]): string[] {
  const lines = easels.flatMap((easel) => easel.complaints());
  return [...new Set(lines.map((line) => String((JSON.parse(line) as { msg: string }).msg)))].slice(
    0,
    5,
  );
}
