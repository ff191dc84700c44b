import { Child } from '../child.js';
import { median } from '../figures.js';
import { ratio } from '../measure.js';
import type { Report, Table, Target } from '../report.js';
import type { TimeReply, Times } from '../scale/orders.js';
import { LINES } from '../scale/fill.js';
import type { Workbench } from '../workbench.js';
import type { Part } from './part.js';

const GROWTH = 10;
/** Journal lines are the same work wherever they stand: the full check grows as they do. */
const CHECKED_IN_FULL = 1_000_000;

const CALLS: Readonly<Record<keyof Times, string>> = {
  accept: 'accept',
  settle: 'settle',
  list: 'list, 50 a page',
  statement: 'statement, 50 lines',
  usage: 'usage of 30 days',
  listLarge: 'list, the account with a tenth of everything',
  statementLarge: 'statement, the same account',
  usageLarge: 'usage, the same account',
  increment: 'ledger check of the last minute',
  check: 'ledger check in full',
};

/** The same calls on two databases, one with ten times the rows of the other. */
export const scale: Part = {
  about: 'ten times the generations and journal lines: what it costs every call',
  run: scalePart,
};

async function scalePart(bench: Workbench): Promise<Report> {
  const child = Child.program(bench.folder, 'scale/main.ts', [], { obeys: true });
  await bench.putOnMeasuredCore(child.pid);
  const sizes = [bench.settings.generations, bench.settings.generations * GROWTH];
  for (const generations of sizes) {
    const begun = performance.now();
    const { url } = await bench.postgres.database();
    await child.ask({ fill: { url, generations } });
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    bench.say(`scale: ${words(generations)} filled in ${seconds} s`);
  }
  const replies: TimeReply[][] = sizes.map(() => []);
  for (let round = 1; round <= bench.settings.rounds; round += 1) {
    bench.say(`scale: round ${round} of ${bench.settings.rounds}`);
    for (const [database, found] of replies.entries()) {
      const order = { time: { database, repeats: bench.settings.repeats } };
      found.push(await child.ask<TimeReply>(order));
    }
  }
  await child.stop();
  const medians = replies.map((found) => (call: keyof Times) => {
    return median(found.map(({ times }) => times[call]));
  });
  return {
    tables: [figuresTable(sizes, medians)],
    targets: [...targetsOf(medians), ...checkTargets(sizes[1], medians[1])],
    wrong: [...new Set(replies.flat().flatMap(({ violations }) => violations))],
  };
}

type Median = (call: keyof Times) => number;

const calls = Object.keys(CALLS) as (keyof Times)[];

function words(generations: number): string {
  const lines = (generations * LINES).toLocaleString('en');
  return `${generations.toLocaleString('en')} generations, ${lines} lines`;
}

function figuresTable(sizes: readonly number[], [small, large]: readonly Median[]): Table {
  return {
    title: 'Scale: ms a call, one after another, medians of the rounds',
    columns: ['call', ...sizes.map(words), 'ratio'],
    rows: calls.map((call) => {
      return [CALLS[call], small(call), large(call), ratio(large(call), small(call))];
    }),
  };
}

function targetsOf([small, large]: readonly Median[]): Target[] {
  return calls
    .filter((call) => call !== 'check')
    .map((call) => ({
      what: `${CALLS[call]}, 10 × the rows`,
      atMost: 1.2,
      unit: '×',
      found: ratio(large(call), small(call)),
    }));
}

/** @param generations how many the larger database has */
function checkTargets(generations: number, large: Median): Target[] {
  const seconds = (large('check') / 1000) * (CHECKED_IN_FULL / generations);
  return [
    { what: CALLS.increment, atMost: 200, unit: 'ms', found: large('increment') },
    {
      what: `${CALLS.check}, in proportion to 1 M generations`,
      atMost: 10,
      unit: 's',
      found: seconds,
    },
  ];
}
