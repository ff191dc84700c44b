import { startEasel } from '../contenders/easel.js';
import type { Contender } from '../contenders/contender.js';
import { startNest } from '../contenders/nest.js';
import { startPeers } from '../contenders/peers.js';
import { type Load, measure, ratio, Rounds } from '../measure.js';
import type { Report, Table, Target } from '../report.js';
import { type PartCosts, Unavoidable } from '../unavoidable/unavoidable.js';
import type { Workbench } from '../workbench.js';
import type { Part } from './part.js';

interface NamedLoad extends Load {
  readonly name: string;
  /** Who is asked, by name; everybody else who is there is not. */
  readonly of: readonly string[];
}

const RELAYS = ['nginx', 'Portkey', 'Easel'];
const SMALL = 'small, c16';
const ONE = '2 MiB, c16';
const LINK = '2 MiB as a link, c16';
const FOUR = '4 × 2 MiB, c4';
const STREAM = 'SSE 3 + 1 × 1 MiB, c4';
const SLOW = '2 MiB, 200 ms upstream, c16';

const LOADS: readonly NamedLoad[] = [
  { name: SMALL, kind: 'small', concurrency: 16, of: RELAYS },
  { name: SMALL, kind: 'echo', concurrency: 16, of: ['Nest echo'] },
  { name: ONE, kind: 'b64', concurrency: 16, of: RELAYS },
  { name: LINK, kind: 'url', concurrency: 16, of: ['Easel'] },
  { name: FOUR, kind: 'b64x4', concurrency: 4, of: RELAYS },
  { name: STREAM, kind: 'sse', concurrency: 4, of: RELAYS },
  { name: SLOW, kind: 'b64', concurrency: 16, latencyMs: 200, of: RELAYS },
];

/** CPU and added latency of a whole relay beside its peers, and beside the parts it cannot avoid. */
export const relay: Part = {
  about: 'the whole way of a request: small, 2 MiB, four of them, a link, a stream',
  run: relayPart,
};

async function relayPart(bench: Workbench): Promise<Report> {
  const parts = await Unavoidable.start(bench);
  const echo = await startNest(bench, 'Nest echo', 'echo.ts');
  const easel = await startEasel(bench);
  const contenders = [...(await startPeers(bench)), echo, easel];
  const rounds = new Rounds();
  for (let round = 1; round <= bench.settings.rounds; round += 1) {
    bench.say(`relay: round ${round} of ${bench.settings.rounds}`);
    await parts.round();
    await oneRound(bench, contenders, rounds);
  }
  const wrong = [...rounds.wrong('Easel'), ...rounds.wrong('Nest echo'), ...rounds.wrong('nginx')];
  for (const problem of rounds.wrong('Portkey')) bench.say(`left out: ${problem}`);
  const violations = await easel.violations();
  for (const contender of contenders) await contender.stop();
  await parts.stop();
  return {
    tables: [figuresTable(rounds, contenders), partsTable(parts.costs)],
    targets: targetsOf(rounds, parts.costs),
    wrong: [...wrong, ...violations],
  };
}

async function oneRound(
  bench: Workbench,
  contenders: readonly Contender[],
  rounds: Rounds,
): Promise<void> {
  for (const load of LOADS) {
    for (const contender of contenders.filter(({ name }) => load.of.includes(name))) {
      if (rounds.failed(load.name, contender.name)) continue;
      rounds.add(load.name, contender.name, await measure(bench, contender, load));
    }
  }
}

function figuresTable(rounds: Rounds, contenders: readonly Contender[]): Table {
  const names = [...new Set(LOADS.map(({ name }) => name))];
  return {
    title: 'Relay: µs of CPU per request, medians of the rounds',
    columns: ['load', 'who', 'CPU', 'PostgreSQL', 'p50 ms', 'added p50 ms', 'CPU × Easel'],
    rows: names.flatMap((load) => {
      const own = rounds.of(load, 'Easel', ({ cpu }) => cpu);
      return contenders.flatMap(({ name }) => {
        const cpu = rounds.of(load, name, (sample) => sample.cpu);
        if (cpu === null) return [];
        const server = rounds.of(load, name, ({ postgresCpu }) => postgresCpu);
        const p50 = rounds.of(load, name, ({ p50Ms }) => p50Ms);
        const added = rounds.of(load, name, ({ addedP50Ms }) => addedP50Ms);
        const isEasel = name === 'Easel';
        return [[load, name, cpu, isEasel ? server : null, p50, added, ratio(cpu, own)]];
      });
    }),
  };
}

function partsTable(costs: PartCosts): Table {
  return {
    title: 'The unavoidable parts alone: µs of CPU',
    columns: ['decode 2 MiB', 'hash', 'one durable file', 'encode', 'durable file of one pixel'],
    rows: [[costs.decode, costs.hash, costs.file, costs.encode, costs.smallFile]],
  };
}

function targetsOf(rounds: Rounds, costs: PartCosts): Target[] {
  const cpu = (load: string, who: string) => rounds.of(load, who, (sample) => sample.cpu);
  const added = (who: string) => rounds.of(SLOW, who, ({ addedP50Ms }) => addedP50Ms);
  const limit = cpu(ONE, 'nginx');
  const sum = limit && limit + costs.decode + costs.hash + costs.file + costs.encode;
  const against = (what: string, atMost: number, unit: string, found: number | null): Target => ({
    what,
    atMost,
    unit,
    found,
  });
  return [
    against(SMALL, 0.1, '× Portkey', ratio(cpu(SMALL, 'Easel'), cpu(SMALL, 'Portkey'))),
    against(SMALL, 1, '× bare Nest echo', ratio(cpu(SMALL, 'Easel'), cpu(SMALL, 'Nest echo'))),
    against(ONE, 1 / 8, '× Portkey', ratio(cpu(ONE, 'Easel'), cpu(ONE, 'Portkey'))),
    against(ONE, 1.5, '× (nginx + parts)', ratio(cpu(ONE, 'Easel'), sum)),
    against(LINK, 1, '× the b64 form', ratio(cpu(LINK, 'Easel'), cpu(ONE, 'Easel'))),
    against(STREAM, 3, '× nginx', ratio(cpu(STREAM, 'Easel'), cpu(STREAM, 'nginx'))),
    against('added p50, ' + SLOW, 1 / 15, '× Portkey', ratio(added('Easel'), added('Portkey'))),
  ];
}
