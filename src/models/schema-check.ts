import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { configFile } from './catalog-file.js';
import { list, record } from './loose.js';
import { nearestOf } from './nearest.js';
import { pointer, type Problem } from './problem.js';

let validator: ValidateFunction | undefined;

/**
 * Compares a document with `config/catalog.schema.json`, one model at a time:
 * the validator's cost grows with the square of the faults it collects.
 *
 * @param limit stops after the model with which this many problems are found.
 */
export function schemaProblems(document: unknown, limit: number): readonly Problem[] {
  const models = list(record(document).models);
  if (models.length === 0) return problemsOf(document);
  const problems: Problem[] = [];
  for (let index = 0; index < models.length && problems.length < limit; index += 1) {
    for (const problem of problemsOf({ ...record(document), models: [models[index]] })) {
      const ofModel = problem.path.startsWith('/models/0');
      const path = ofModel ? problem.path.replace('0', String(index)) : problem.path;
      if (ofModel || index === 0) problems.push({ ...problem, path });
    }
  }
  return problems;
}

function problemsOf(document: unknown): readonly Problem[] {
  validator ??= compile();
  return validator(document) ? [] : (validator.errors ?? []).flatMap(toProblem);
}

function compile(): ValidateFunction {
  const schema = JSON.parse(readFileSync(configFile('catalog.schema.json'), 'utf8')) as object;
  return new Ajv2020({ allErrors: true, verbose: true, allowUnionTypes: true }).compile(schema);
}

/** The keyword's own words, or the `description` of the schema that was not met. */
function toProblem(error: ErrorObject): Problem[] {
  const { keyword, instancePath: path } = error;
  // Reported by the nested error that says why.
  if (error.propertyName !== undefined) return [];
  const params = error.params as Record<string, unknown>;
  if (keyword === 'required') {
    return [{ path: path + pointer(String(params.missingProperty)), message: 'It is missing.' }];
  }
  if (keyword === 'additionalProperties') return [unknownKey(error, params)];
  if (keyword === 'propertyNames') {
    const rule = describe((error.schema as { description?: string }).description);
    return [
      { path: path + pointer(String(params.propertyName)), message: `The key must be ${rule}.` },
    ];
  }
  return [{ path, message: sentence(error, params) }];
}

function unknownKey(error: ErrorObject, params: Record<string, unknown>): Problem {
  const key = String(params.additionalProperty);
  const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
  const nearest = nearestOf(key, known);
  const hint = nearest === undefined ? '' : ` Nearest known key: ${nearest}.`;
  return {
    path: error.instancePath + pointer(key),
    message: `It is not a key the catalog knows.${hint}`,
  };
}

function sentence(error: ErrorObject, params: Record<string, unknown>): string {
  switch (error.keyword) {
    case 'pattern':
      return `It must be ${describe(error.parentSchema?.description)}.`;
    case 'enum':
      return `It must be one of ${(params.allowedValues as unknown[]).join(', ')}.`;
    case 'uniqueItems':
      return `Items ${Number(params.j)} and ${Number(params.i)} are the same.`;
    default:
      return `It ${error.message ?? 'does not fit the schema'}.`;
  }
}

function describe(description: unknown): string {
  return typeof description === 'string' ? description : 'in the form the schema describes';
}
