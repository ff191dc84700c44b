import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { doubleSpend } from './double-spend.js';
import { faults } from './faults-rig.js';
import { revocation } from './revocation.js';
import type { Rig } from './rig.js';
import { rolling } from './rolling.js';
import { tasks } from './tasks.js';

const RIGS: Readonly<Record<string, Rig>> = {
  process: faults,
  rolling,
  tasks,
  'double-spend': doubleSpend,
  revocation,
};

/**
 * Usage, in the project's folder with a built program:
 * node --import ./test/faults/runtime/register.mjs test/faults/process/main.ts
 *   [process|rolling|tasks|double-spend|revocation] [--long] [--seconds N] [--seed N]
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      long: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      seed: { type: 'string' },
    },
  });
  const name = positionals[0] ?? 'process';
  const rig = RIGS[name];
  if (!rig) throw new Error(`No rig ${name}; there are ${Object.keys(RIGS).join(', ')}`);
  const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
  const seconds = values.seconds === undefined ? null : Number(values.seconds);
  say(`${name}: ${rig.about}`);
  say(`seed ${seed}; ${machine()}`);
  const begun = performance.now();
  const found = await rig.run({ long: values.long, seconds, seed, say });
  for (const finding of found) say(`  FOUND ${finding}`);
  const took = Math.round((performance.now() - begun) / 1000);
  say(`${name}: ${found.length === 0 ? 'nothing found' : `${found.length} found`} in ${took} s`);
  process.exitCode = found.length === 0 ? 0 : 1;
}

function machine(): string {
  return `${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}, Node ${process.version}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
