import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';

interface Operation {
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
type Content = Readonly<Record<string, { readonly schema: object }>>;

/** The parts of an OpenAPI 3.1 document that say what goes over the wire. */
export interface WireDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, object>> };
}

/** A public API's own document, as it was published. */
export function readSeed(name: string): WireDocument {
  const file = join(import.meta.dirname, '..', 'data', 'seeds', name);
  return JSON.parse(readFileSync(file, 'utf8')) as WireDocument;
}

/** Judges bodies by the schemas of one document. */
export class WireSchemas {
  private readonly ajv = new Ajv2020({ strict: false, validateFormats: false });

  constructor(private readonly document: WireDocument) {}

  /** @param operation such as `POST /api/v1/images/generate` */
  statuses(operation: string): number[] {
    return Object.keys(this.operation(operation).responses).map(Number);
  }

  /** What is wrong with a request body. */
  requestProblems(operation: string, body: unknown): unknown[] {
    const content = this.operation(operation).requestBody?.content;
    return this.problems(content?.['application/json'].schema, body);
  }

  /** What is wrong with an answer; a status that is not listed is wrong as well. */
  answerProblems(operation: string, status: number, body: unknown): unknown[] {
    const content = this.operation(operation).responses[status]?.content;
    if (!content) return [`${operation} lists no ${status}`];
    return this.problems(content['application/json'].schema, body);
  }

  /** What is wrong with a body by one named schema. */
  problemsBy(name: string, body: unknown): unknown[] {
    return this.problems({ $ref: `#/components/schemas/${name}` }, body);
  }

  private operation(operation: string): Operation {
    const [method, path] = operation.split(' ');
    return this.document.paths[path][method.toLowerCase()];
  }

  private problems(schema: object | undefined, body: unknown): unknown[] {
    if (!schema) return ['there is no schema'];
    const { components = {} } = this.document;
    const validate = this.ajv.compile({ components, allOf: [schema] });
    validate(body);
    return validate.errors ?? [];
  }
}
