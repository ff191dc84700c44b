import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Mutant, RigName } from './mutant.js';
import { sourceEdits } from './plant.js';
import { BUDGETS } from './rigs/index.js';
import { MUTANTS } from './table.js';
import type { Verdict } from './trial.js';

const LANES = Math.min(2, availableParallelism());
/** A trial that says nothing for so long has gone astray. */
const PATIENCE_MS = 240_000;
const SHOWN = 110;

/** One process: a mutant before the rig that has to find it, or a rig with nothing to find. */
interface Trial {
  readonly name: string;
  readonly rig: RigName;
  readonly mutant: Mutant | null;
}

/** `--only EXPRESSION`: trials whose name matches. */
const { values } = parseArgs({ options: { only: { type: 'string' } } });
const begun = performance.now();
const wanted = new RegExp(values.only ?? '');
const trials = allTrials().filter(({ name }) => wanted.test(name));
const passed: boolean[] = [];
const left = [...trials];
await Promise.all(Array.from({ length: LANES }, () => work()));
const failed = passed.filter((each) => !each).length;
const seconds = ((performance.now() - begun) / 1000).toFixed(0);
say(
  `${trials.length} trials in ${seconds} s: ${failed === 0 ? 'all as they should' : `${failed} failed`}`,
);
process.exitCode = trials.length > 0 && failed === 0 ? 0 : 1;

function allTrials(): Trial[] {
  const rigs = Object.keys(BUDGETS) as RigName[];
  return [
    ...rigs.map((rig) => ({ name: `${rig} without a mutant`, rig, mutant: null })),
    ...MUTANTS.map((mutant) => ({ name: mutant.name, rig: mutant.rig, mutant })),
  ];
}

async function work(): Promise<void> {
  for (let trial = left.shift(); trial; trial = left.shift()) {
    const verdict = await run(trial);
    passed.push(isPassed(trial, verdict));
    say(`${trial.name} (${trial.rig}): ${describe(trial, verdict)}`);
  }
}

function isPassed({ mutant }: Trial, verdict: Verdict | null): boolean {
  return verdict !== null && (verdict.killedBy !== null) === (mutant !== null);
}

function describe({ mutant }: Trial, verdict: Verdict | null): string {
  if (!verdict) return 'NO VERDICT: it could not be planted, or the rig broke';
  const { killedBy, runs } = verdict;
  const spent = `${runs} runs, ${verdict.seconds.toFixed(1)} s`;
  const shown = killedBy?.replace(/\s+/g, ' ').slice(0, SHOWN);
  if (mutant === null) return `${killedBy === null ? 'clean' : `FOUND ${shown}`} (${spent})`;
  return killedBy === null
    ? `SURVIVED (${spent}): ${mutant.breaks}`
    : `killed by "${shown}" (${spent})`;
}

function run({ rig, mutant }: Trial): Promise<Verdict | null> {
  const PLANTED_EDITS = JSON.stringify(mutant ? sourceEdits(mutant) : []);
  const child = fork(
    fileURLToPath(new URL('./trial.ts', import.meta.url)),
    [rig, ...(mutant ? [mutant.name] : [])],
    { env: { ...process.env, PLANTED_EDITS } },
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  return new Promise((resolve) => {
    let verdict: Verdict | null = null;
    child.once('message', (message) => (verdict = message as Verdict));
    child.once('exit', () => {
      clearTimeout(timer);
      resolve(verdict);
    });
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
