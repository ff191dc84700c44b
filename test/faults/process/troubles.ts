import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../simulator/random.js';
import type { Easel } from './easels.js';
import { type Postgres, signal } from './postgres.js';
import type { UpstreamProcess } from './upstream-process.js';
import type { Wire } from './wire.js';

export interface Scene {
  readonly easels: readonly Easel[];
  readonly postgres: Postgres;
  readonly upstream: UpstreamProcess;
  readonly toUpstream: Wire;
  readonly toPostgres: Wire;
}

type Trouble = (scene: Scene, random: Random) => Promise<void>;

const STOPPED_MS = [1_000, 4_000] as const;
const LATENCIES_MS = [20, 150, 600, 2_000];

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'kill -9 api': ({ easels }, random) => killOne(easels, random, 'api'),
  'kill -9 worker': ({ easels }, random) => killOne(easels, random, 'worker'),
  SIGTERM: async ({ easels }, random) => void (await random.pick(easels).stop()),
  'kill -9 backend': async ({ postgres }, random) => {
    const backends = await postgres.backends();
    if (backends.length > 0) signal(random.pick(backends), 'SIGKILL');
  },
  'terminate backends': async ({ postgres }, random) => {
    const backends = await postgres.backends();
    for (const pid of backends) if (random.chance(0.5)) signal(pid, 'SIGTERM');
  },
  'stop a backend': async ({ postgres }, random) => {
    const backends = await postgres.backends();
    if (backends.length > 0) await pause(random.pick(backends), random);
  },
  'stop the postmaster': async ({ postgres }, random) => pause(postgres.postmaster, random),
  'immediate stop of PostgreSQL': async ({ postgres }) => {
    signal(postgres.postmaster, 'SIGQUIT');
    await postgres.query('SELECT 1');
  },
  'reset to the upstream': async ({ toUpstream }) => void toUpstream.reset(),
  'reset to PostgreSQL': async ({ toPostgres }) => void toPostgres.reset(),
  'slow or quick upstream': ({ upstream }, random) =>
    upstream.always('ok', { latencyMs: random.pick(LATENCIES_MS) }),
};

/**
 * One after the other at random moments for so long; then everything runs again.
 *
 * @returns what was done
 */
export async function makeTrouble(
  scene: Scene,
  random: Random,
  durationMs: number,
): Promise<string[]> {
  const made: string[] = [];
  for (const end = performance.now() + durationMs; performance.now() < end;) {
    const name = random.pick(Object.keys(TROUBLES));
    made.push(name);
    await TROUBLES[name](scene, random).catch(() => undefined);
    await sleep(random.between(50, 1_200));
  }
  await scene.upstream.always('ok', { latencyMs: 50 });
  await scene.postgres.query('SELECT 1');
  await Promise.all(scene.easels.map((easel) => easel.listening()));
  return made;
}

async function killOne(easels: readonly Easel[], random: Random, role: string): Promise<void> {
  await random.pick(easels.filter((easel) => easel.role === role)).kill();
}

async function pause(pid: number, random: Random): Promise<void> {
  signal(pid, 'SIGSTOP');
  try {
    await sleep(random.between(...STOPPED_MS));
  } finally {
    signal(pid, 'SIGCONT');
  }
}
