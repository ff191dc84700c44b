import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../child.js';
import { CpuMeter } from '../cpu.js';
import { median } from '../figures.js';
import type { PairResult, Strategy } from '../ledger/pair-maker.js';
import { ratio } from '../measure.js';
import type { Report, Table, Target } from '../report.js';
import type { Workbench } from '../workbench.js';
import type { Part } from './part.js';

const HOT = 'one hot account';
const STRATEGIES: readonly Strategy[] = ['naive', 'Easel'];
/** Before anything is counted. */
const WARM_UP_SHARE = 0.2;
/** After its connections are closed a session's counts are there at once; its process takes a moment. */
const REPORTED_MS = 300;

interface Sample {
  readonly perSecond: number;
  readonly cpu: number;
  readonly postgresCpu: number;
  /** Durable flushes per pair. */
  readonly flushes: number;
}

interface Case {
  readonly name: string;
  readonly strategy: Strategy;
  readonly accounts: number;
  readonly samples: Sample[];
}

/** Money alone: pairs of hold and settle, durable, against what everybody writes first. */
export const ledger: Part = {
  about: 'hold and settle, many at once, against naive transactions',
  run: ledgerPart,
};

async function ledgerPart(bench: Workbench): Promise<Report> {
  const { accounts, rounds } = bench.settings;
  const child = Child.program(bench.folder, 'ledger/main.ts', [], { obeys: true });
  await bench.putOnMeasuredCore(child.pid);
  const { url } = await bench.postgres.database();
  await child.ask({ prepare: { url, accounts } });
  const many = `${accounts.toLocaleString('en')} accounts`;
  const cases: Case[] = STRATEGIES.flatMap((strategy) => [
    { name: many, strategy, accounts, samples: [] as Sample[] },
    { name: HOT, strategy, accounts: 1, samples: [] as Sample[] },
  ]);
  const wrong: string[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    bench.say(`ledger: round ${round} of ${rounds}`);
    for (const one of cases) wrong.push(...(await oneRound(bench, child, one)));
  }
  const { violations } = await child.ask<{ violations: string[] }>({ check: true });
  await child.stop();
  return {
    tables: [figuresTable(bench.settings.pairs, cases)],
    targets: targetsOf(many, cases),
    wrong: [...wrong, ...violations],
  };
}

/** @returns what went wrong, in words */
async function oneRound(bench: Workbench, child: Child, one: Case): Promise<string[]> {
  const { seconds, pairs } = bench.settings;
  const job = { accounts: one.accounts, concurrency: pairs };
  const flushed = await bench.postgres.flushes();
  await child.ask({ open: one.strategy });
  const warm = await child.ask<PairResult>({ pairs: { ...job, seconds: seconds * WARM_UP_SHARE } });
  const server = await CpuMeter.start(await bench.postgres.pids());
  const result = await child.ask<PairResult>({ pairs: { ...job, seconds } });
  const postgresCpu = (await server.stop(await bench.postgres.pids())) / result.pairs;
  await child.ask({ close: true });
  await sleep(REPORTED_MS);
  const flushes = (await bench.postgres.flushes()) - flushed;
  one.samples.push({
    perSecond: result.pairs / result.seconds,
    cpu: result.cpu / result.pairs,
    postgresCpu,
    flushes: flushes / (warm.pairs + result.pairs),
  });
  const lost = warm.lost + result.lost;
  const example = warm.example ?? result.example;
  return lost === 0 ? [] : [`${one.strategy}, ${one.name}: ${lost} pairs lost, as ${example}`];
}

function figuresTable(pairs: number, cases: readonly Case[]): Table {
  return {
    title: `Ledger: pairs of hold and settle at c${pairs}, medians of the rounds`,
    columns: ['accounts', 'who', 'pairs/s', 'CPU µs', 'PostgreSQL µs', 'flushes a pair'],
    rows: cases.map(({ name, strategy, samples }) => {
      const of = (figure: keyof Sample) => median(samples.map((sample) => sample[figure]));
      return [name, strategy, of('perSecond'), of('cpu'), of('postgresCpu'), of('flushes')];
    }),
  };
}

function targetsOf(many: string, cases: readonly Case[]): Target[] {
  const speed = (name: string, strategy: Strategy) => {
    const found = cases.find((one) => one.name === name && one.strategy === strategy);
    return found ? median(found.samples.map(({ perSecond }) => perSecond)) : null;
  };
  const gain = (name: string) => ratio(speed(name, 'Easel'), speed(name, 'naive'));
  const own = cases.filter(({ strategy }) => strategy === 'Easel');
  const flushes = Math.max(...own.map(({ samples }) => median(samples.map((s) => s.flushes))));
  const pairs = 'hold + settle pairs, ';
  return [
    { what: pairs + many, atLeast: 8, unit: '× naive', found: gain(many) },
    { what: pairs + HOT, atLeast: 30, unit: '× naive', found: gain(HOT) },
    {
      what: 'durable flushes, attempt rows included',
      atMost: 0.06,
      unit: 'a pair',
      found: flushes,
    },
  ];
}
