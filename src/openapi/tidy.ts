import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject } from '@nestjs/swagger';

type PathItem = OpenAPIObject['paths'][string];
type Components = NonNullable<OpenAPIObject['components']>;
type Operation = NonNullable<PathItem['get']>;

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

export interface NamedOperation {
  readonly path: string;
  /** Upper case. */
  readonly method: string;
  readonly operation: Operation;
}

export function operationsOf(paths: OpenAPIObject['paths']): NamedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ path, method: method.toUpperCase(), operation }] : [];
    }),
  );
}

/** Schemas under names without the classes' suffix, which means nothing to a reader. */
export function dropClassSuffixes(document: OpenAPIObject): OpenAPIObject {
  const text = JSON.stringify(document).replace(/(#\/components\/schemas\/\w+)Dto"/g, '$1"');
  const renamed = JSON.parse(text) as OpenAPIObject;
  const schemas = Object.entries(renamed.components?.schemas ?? {}).map(
    ([name, schema]) => [name.replace(/Dto$/, ''), schema] as const,
  );
  return {
    ...renamed,
    components: { ...renamed.components, schemas: Object.fromEntries(schemas) },
  };
}

/** Drops the empty lists that the framework leaves, and says at least a status' name for an answer. */
export function cleanOperations({ paths }: OpenAPIObject): void {
  for (const { operation } of operationsOf(paths)) {
    if (operation.parameters?.length === 0) delete operation.parameters;
    if (operation.tags?.length === 0) delete operation.tags;
    describeAnswers(operation);
  }
}

function describeAnswers({ responses }: Operation): void {
  for (const [status, answer] of Object.entries(responses)) {
    if (answer && 'description' in answer) answer.description ||= STATUS_CODES[status] ?? status;
  }
}

/** The same document with those components only that its paths refer to, directly or not. */
export function keepUsedComponents(document: OpenAPIObject): OpenAPIObject {
  const schemas = document.components?.schemas ?? {};
  const used = usedSchemas(JSON.stringify(document.paths), schemas);
  const schemes = new Set(
    operationsOf(document.paths).flatMap(({ operation }) =>
      (operation.security ?? []).flatMap((requirement) => Object.keys(requirement)),
    ),
  );
  return {
    ...document,
    components: {
      schemas: pick(schemas, used),
      securitySchemes: pick(document.components?.securitySchemes ?? {}, schemes),
    },
  };
}

function usedSchemas(paths: string, schemas: NonNullable<Components['schemas']>): Set<string> {
  const used = new Set<string>();
  const pending = [paths];
  for (let text = pending.pop(); text !== undefined; text = pending.pop()) {
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"/]+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      pending.push(JSON.stringify(schemas[name] ?? {}));
    }
  }
  return used;
}

function pick<T>(from: Readonly<Record<string, T>>, names: ReadonlySet<string>): Record<string, T> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.has(name)));
}
