import './node-version.mjs';
import { join } from 'node:path';
import { run } from './ensure.mjs';
import { prepare } from './prepare.mjs';

/** `npm run test:faults -- RIG …`; without a rig the short form of all, one after the other. */
const PROCESSES = 'test/faults/process/main.ts';
const RIGS = {
  simulator: ['test/faults/simulator/main.ts'],
  races: ['test/faults/races/main.ts'],
  mutants: ['test/faults/mutants/main.ts'],
  process: [PROCESSES, 'process'],
  rolling: [PROCESSES, 'rolling'],
  tasks: [PROCESSES, 'tasks'],
  'double-spend': [PROCESSES, 'double-spend'],
  revocation: [PROCESSES, 'revocation'],
};

const [wanted, ...options] = process.argv.slice(2);
if (wanted !== undefined && !(wanted in RIGS)) {
  console.error(`Unknown rig ${wanted}: one of ${Object.keys(RIGS).join(', ')}`);
  process.exit(2);
}

await prepare('full');
// They use what is built.
const { default: setUp } = await import('../test/support/global-setup.mjs');
const { default: tearDown } = await import('../test/support/global-teardown.mjs');
await setUp();
process.exitCode = await runAll(wanted === undefined ? Object.keys(RIGS) : [wanted]);
await tearDown();

async function runAll(rigs) {
  for (const rig of rigs) {
    console.log(`\n--- ${rig}`);
    const register = join('test', 'faults', 'runtime', 'register.mjs');
    const flags = ['--enable-source-maps', '--no-warnings', '--import', `./${register}`];
    try {
      await run(process.execPath, [...flags, ...RIGS[rig], ...options]);
    } catch (error) {
      return error.code ?? 1;
    }
  }
  return 0;
}
