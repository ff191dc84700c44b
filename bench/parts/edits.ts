import { startEasel } from '../contenders/easel.js';
import { startNest } from '../contenders/nest.js';
import { type Load, measure, ratio, Rounds } from '../measure.js';
import type { Report } from '../report.js';
import type { Workbench } from '../workbench.js';
import type { Part } from './part.js';

const LOAD: Load = { kind: 'edit', concurrency: 4 };
const NAME = 'edit with 3 × 4 MiB, c4';
const PEER = 'multer + FormData + fetch';

/** Every request's files are new ones, so that none is stored already. */
export const edits: Part = {
  about: 'an edit with three files, which the product also hashes, looks at and stores',
  run: editsPart,
};

async function editsPart(bench: Workbench): Promise<Report> {
  const easel = await startEasel(bench);
  const contenders = [await startNest(bench, PEER, 'multer-relay.ts'), easel];
  const rounds = new Rounds();
  for (let round = 1; round <= bench.settings.rounds; round += 1) {
    bench.say(`edits: round ${round} of ${bench.settings.rounds}`);
    for (const contender of contenders) {
      rounds.add(NAME, contender.name, await measure(bench, contender, LOAD));
    }
  }
  const violations = await easel.violations();
  for (const contender of contenders) await contender.stop();
  const cpu = (who: string) => rounds.of(NAME, who, (sample) => sample.cpu);
  const p50 = (who: string) => rounds.of(NAME, who, ({ p50Ms }) => p50Ms);
  const server = rounds.of(NAME, 'Easel', ({ postgresCpu }) => postgresCpu);
  return {
    tables: [
      {
        title: 'Edits: µs of CPU per request, medians of the rounds',
        columns: ['who', 'CPU', 'PostgreSQL', 'p50 ms'],
        rows: [
          [PEER, cpu(PEER), null, p50(PEER)],
          ['Easel', cpu('Easel'), server, p50('Easel')],
        ],
      },
    ],
    targets: [
      {
        what: NAME,
        atMost: 1 / 3,
        unit: `× ${PEER}`,
        found: ratio(cpu('Easel'), cpu(PEER)),
      },
    ],
    wrong: [...rounds.wrong('Easel'), ...rounds.wrong(PEER), ...violations],
  };
}
