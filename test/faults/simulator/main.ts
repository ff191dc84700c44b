import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installClock, realNow } from './clock.js';
import { Session } from './session.js';
import { Tally } from './tally.js';
import { type RunReport, World } from './world.js';

const SHORT_RUN_POINTS = 5_000;
const FIRST_SEED = 1_000;
/** Seeds of different processes never meet. */
const SEEDS_EACH = 1_000_000;

const { values } = parseArgs({
  options: {
    points: { type: 'string', default: String(SHORT_RUN_POINTS) },
    processes: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    seed: { type: 'string' },
    lines: { type: 'string' },
    share: { type: 'string' },
  },
});

if (values.share !== undefined) await runShare(Number(values.share), Number(values.points));
else if (values.seed !== undefined) await repeat(Number(values.seed), Number(values.lines ?? 60));
else await runAll(Number(values.points), Number(values.processes));

/** Several processes, each with seeds and a database of its own. SIGTERM: what was found so far. */
async function runAll(points: number, processes: number): Promise<void> {
  const tally = new Tally(points);
  const shares = Array.from({ length: processes }, (_, index) =>
    startShare(index, Math.ceil(points / processes), tally),
  );
  process.once('SIGTERM', () => {
    for (const { child } of shares) if (child.connected) child.send('enough');
  });
  const codes = await Promise.all(shares.map(({ ended }) => ended));
  tally.print();
  process.exitCode = tally.isClean && codes.every((code) => code === 0) ? 0 : 1;
}

function startShare(index: number, points: number, tally: Tally) {
  const args = ['--share', String(index), '--points', String(points)];
  const child = fork(fileURLToPath(import.meta.url), args, { serialization: 'advanced' });
  child.on('message', (report) => tally.add(report as RunReport | { ledger: string[] }));
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
  return { child, ended };
}

/** The first run twice: a seed that does not repeat itself would find nothing again. */
async function runShare(index: number, points: number): Promise<void> {
  let isOver = false;
  process.once('message', () => (isOver = true));
  installClock();
  const session = await Session.open();
  const first = FIRST_SEED + index * SEEDS_EACH;
  const { digest } = await new World(session.physical, first).run();
  let isBroken = false;
  let crashes = 0;
  for (let seed = first; crashes < points && !isBroken && !isOver; seed++) {
    const report = await new World(session.physical, seed).run();
    const repeats = seed > first || report.digest === digest;
    const violations = repeats ? report.violations : ['one seed gave two traces'];
    isBroken = violations.length > 0;
    crashes += report.crashes;
    process.send?.({ ...report, violations });
  }
  if (!isBroken) process.send?.({ ledger: await session.checkLedger() });
  await session.close();
  process.disconnect?.();
}

/** One seed, with its trace. */
async function repeat(seed: number, lines: number): Promise<void> {
  installClock();
  const begun = realNow();
  const session = await Session.open();
  const report = await new World(session.physical, seed, {}, lines).run();
  process.stdout.write(`${report.tail.join('\n')}\n\n`);
  for (const violation of report.violations) process.stdout.write(`VIOLATED: ${violation}\n`);
  const seconds = ((realNow() - begun) / 1000).toFixed(1);
  process.stdout.write(`seed ${seed}: ${report.steps} steps, ${report.crashes} crash points, `);
  process.stdout.write(`trace ${report.digest}, ${seconds} s\n`);
  await session.close();
  process.exitCode = report.violations.length > 0 ? 1 : 0;
}
