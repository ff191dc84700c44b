import type { Mutant, RigName } from './mutant.js';
import { plantInDatabase } from './plant.js';
import { BUDGETS, openerOf } from './rigs/index.js';
import { MUTANTS } from './table.js';

/** What one trial tells the process that began it. */
export interface Verdict {
  /** The violation that gave it away; null when nothing was found. */
  readonly killedBy: string | null;
  readonly runs: number;
  readonly seconds: number;
}

const FIRST_SEED = 5_000;

/**
 * `trial.ts RIG [MUTANT]`: looks until it finds what it should, or its budget is
 * spent. The mutant's sources are planted by the module loader already. Without a
 * mutant anything that is found counts.
 */
async function main(): Promise<void> {
  const [rigName, name] = process.argv.slice(2) as [RigName, string | undefined];
  const mutant = MUTANTS.find((each) => each.name === name) ?? null;
  const verdict = await look(rigName, mutant);
  await new Promise((resolve) => process.send!(verdict, resolve));
  process.exit(0);
}

async function look(rigName: RigName, mutant: Mutant | null): Promise<Verdict> {
  const begun = process.hrtime.bigint();
  const open = await openerOf(rigName);
  const rig = await open(async (database) => {
    if (mutant) await plantInDatabase(database, mutant);
  });
  const budget = BUDGETS[rigName][mutant ? 'planted' : 'clean'];
  const isIt = (violation: string) => mutant === null || mutant.shows.test(violation);
  let killedBy: string | undefined;
  let runs = 0;
  while (killedBy === undefined && runs < budget) {
    killedBy = (await rig.run(FIRST_SEED + runs)).find(isIt);
    runs += 1;
  }
  killedBy ??= (await rig.finish()).find(isIt);
  await rig.close();
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  return { killedBy: killedBy ?? null, runs, seconds };
}

await main();
