import { expectBlock, table } from '../../support/generated-block.js';
import { CATALOG, predict } from './predict.js';
import { labelOf, PROBES, type Verdict, verdictOf } from './probe.js';

interface Column {
  readonly models: readonly string[];
  readonly verdicts: readonly Verdict[];
}

/** Models that treat every parameter alike share a column. */
function columns(): Column[] {
  const byVerdicts = new Map<string, Column>();
  for (const model of CATALOG.available) {
    const verdicts = PROBES.map((probe) => verdictOf(probe, predict(model, probe)));
    const key = verdicts.join();
    const models = [...(byVerdicts.get(key)?.models ?? []), model.name];
    byVerdicts.set(key, { models, verdicts });
  }
  return [...byVerdicts.values()];
}

it('docs/conformance.md says what the catalog makes of each parameter of each model', async () => {
  const made = columns();
  const head = ['parameter', ...made.map(({ models }) => models.join('<br>'))];
  const rows = PROBES.map((probe, row) => [
    labelOf(probe),
    ...made.map(({ verdicts }) => verdicts[row]),
  ]);
  await expectBlock('docs/conformance.md', 'matrix', table(head, rows));
});

it('has a row for every field of a request', async () => {
  const { CreateImageDto } = await import('../../../src/surfaces/openai/create-image.dto.js');
  const names = new Set(PROBES.map(({ parameter }) => parameter));
  const declared = Reflect.getMetadata(
    'swagger/apiModelPropertiesArray',
    CreateImageDto.prototype,
  ) as string[];
  const missing = declared.map((name) => name.slice(1)).filter((name) => !names.has(name));
  expect(missing).toEqual(['prompt', 'model']);
});
