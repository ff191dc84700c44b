import { parseArgs } from 'node:util';
import { Field } from './field.js';
import { race } from './race.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '12' }, seed: { type: 'string', default: '1' } },
});

const begun = performance.now();
const first = Number(values.seed);
const field = await Field.open(async () => undefined);
let found: readonly string[] = [];
let seed = first;
for (; seed < first + Number(values.rounds) && found.length === 0; seed++) {
  found = await race(field, seed);
  for (const each of found) say(`VIOLATED: seed ${seed}: ${each}`);
}
const ledger = await field.checkLedger();
for (const each of ledger) say(`VIOLATED: ${each}`);
await field.close();
const seconds = ((performance.now() - begun) / 1000).toFixed(1);
const clean = found.length + ledger.length === 0;
say(`${seed - first} rounds in ${seconds} s: ${clean ? 'nothing violated' : 'violated'}`);
process.exitCode = clean ? 0 : 1;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
