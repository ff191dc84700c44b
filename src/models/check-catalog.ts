import { boundsProblem } from './catalog-bounds.js';
import { checkModel } from './check-model.js';
import { list, record, strings, text } from './loose.js';
import { parseModel } from './parse-model.js';
import { pointer, type Problem } from './problem.js';
import { schemaProblems } from './schema-check.js';

/** A document with more faults than this is no catalog. */
const MAX_PROBLEMS = 1000;

/**
 * Names every problem of a catalog document: its shape (JSON Schema) and what
 * a schema cannot say, above all a price missing for something that is offered.
 *
 * @param document parsed YAML or JSON from anybody; its size and depth are bounded.
 * @returns an empty list when the document may be published; at most 1,000.
 */
export function checkCatalog(document: unknown): Problem[] {
  const outOfBounds = boundsProblem(document);
  if (outOfBounds) return [outOfBounds];
  const problems = [...schemaProblems(document, MAX_PROBLEMS)];
  const models = list(record(document).models);
  problems.push(...nameProblems(models));
  for (let index = 0; index < models.length && problems.length < MAX_PROBLEMS; index += 1) {
    const found = checkModel(models[index], parseModel(models[index]));
    problems.push(...found.map((problem) => within(`/models/${index}`, problem)));
  }
  return problems.slice(0, MAX_PROBLEMS);
}

function within(parent: string, { path, message }: Problem): Problem {
  return { path: parent + path, message };
}

/** Names and aliases share one namespace, since a request may use either. */
function nameProblems(models: readonly unknown[]): Problem[] {
  const seen = new Map<string, string>();
  const problems: Problem[] = [];
  const claim = (name: string, path: string): void => {
    const first = seen.get(name);
    if (first === undefined) seen.set(name, path);
    else problems.push({ path, message: `The name ${name} is already taken by ${first}.` });
  };
  models.forEach((raw, index) => {
    const entry = record(raw);
    if (text(entry.name)) claim(text(entry.name), `/models/${index}/name`);
    list(entry.aliases).forEach((alias, at) => {
      if (text(alias)) claim(text(alias), `/models/${index}/aliases/${at}`);
    });
  });
  return [...problems, ...replacementProblems(models)];
}

function replacementProblems(models: readonly unknown[]): Problem[] {
  const sold = new Set(
    models
      .map(record)
      .filter(({ lifecycle }) => lifecycle !== 'retired')
      .flatMap(({ name, aliases }) => [text(name), ...strings(aliases)]),
  );
  return models.flatMap((raw, index) => {
    const { name, replacement } = record(raw);
    if (typeof replacement !== 'string') return [];
    if (sold.has(replacement) && replacement !== name) return [];
    const path = `/models/${index}${pointer('replacement')}`;
    return [{ path, message: 'It must be another model of this catalog that is not retired.' }];
  });
}
