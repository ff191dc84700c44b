import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { isId } from '../../src/common/ids.js';

/** The part of an OpenAPI document that a contract is read from. */
export interface ContractDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: object;
}

interface Operation {
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>;
}

interface Response {
  readonly content: Content;
}

type Content = Readonly<Record<string, { readonly schema: object }>>;

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  uuid: isId,
  'date-time': (text) => new Date(text).toISOString() === text,
  uri: (text) => URL.canParse(text),
  email: (text) => /^[^@\s]+@[^@\s]+$/.test(text),
};

/** A document of a public API, from the tests' data. */
export function readSeed(name: string): ContractDocument {
  const file = join(import.meta.dirname, '..', 'data', 'seeds', name);
  return JSON.parse(readFileSync(file, 'utf8')) as ContractDocument;
}

/** Judges bodies by what an OpenAPI 3.1 document says of an operation. */
export class Contract {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(private readonly document: ContractDocument) {
    for (const [name, format] of Object.entries(FORMATS)) this.ajv.addFormat(name, format);
  }

  /** Statuses the operation lists. */
  statusesOf(method: string, path: string): string[] {
    return Object.keys(this.operation(method, path).responses);
  }

  /** Undefined where the operation takes none. */
  requestSchema(method: string, path: string): object | undefined {
    return this.operation(method, path).requestBody?.content['application/json'].schema;
  }

  accepts(method: string, path: string, body: unknown): boolean {
    const schema = this.requestSchema(method, path);
    if (!schema) throw new Error(`${method} ${path} takes no body`);
    return this.problems(`${method} ${path}`, schema, body).length === 0;
  }

  /** What is wrong with an answer; empty when nothing is. */
  problemsOf(method: string, path: string, status: number, body: unknown): unknown[] {
    const listed = this.operation(method, path).responses[String(status)];
    if (!listed) return [`${method} ${path} lists no ${status}`];
    const { content } = '$ref' in listed ? this.resolve<Response>(listed.$ref) : listed;
    const { schema } = content['application/json'];
    return this.problems(`${method} ${path} ${status}`, schema, body);
  }

  /** What is wrong with a body by one named schema. */
  problemsBy(name: string, body: unknown): unknown[] {
    return this.problems(name, { $ref: `#/components/schemas/${name}` }, body);
  }

  private problems(key: string, schema: object, body: unknown): unknown[] {
    const known = this.compiled.get(key);
    const { components } = this.document;
    const validate = known ?? this.ajv.compile({ components, ...schema });
    this.compiled.set(key, validate);
    validate(body);
    return validate.errors ?? [];
  }

  private operation(method: string, path: string): Operation {
    const operation = this.document.paths[path]?.[method.toLowerCase()];
    if (!operation) throw new Error(`there is no ${method} ${path}`);
    return operation;
  }

  private resolve<T>(ref: string): T {
    const steps = ref.replace('#/', '').split('/');
    return steps.reduce<unknown>(
      (value, step) => (value as Record<string, unknown>)[step],
      this.document,
    ) as T;
  }
}
