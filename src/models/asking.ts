import { DomainError, invalidValue } from '../common/domain-error.js';
import type { CatalogModel } from './catalog.js';
import type { ImageParameters, ResolveOptions } from './image-request.js';

export type Field = keyof ImageParameters;
type Facts = NonNullable<Parameters<typeof invalidValue>[2]>;

/** Surfaces name what differs from this, the OpenAI wire (snake_case of our names). */
const WIRE_NAMES: Readonly<Record<Field, string>> = {
  model: 'model',
  operation: 'operation',
  prompt: 'prompt',
  count: 'n',
  size: 'size',
  aspectRatio: 'aspect_ratio',
  resolution: 'resolution',
  quality: 'quality',
  style: 'style',
  background: 'background',
  outputFormat: 'output_format',
  outputCompression: 'output_compression',
  moderation: 'moderation',
  thinkingLevel: 'thinking_level',
  complexity: 'complexity',
  frameCount: 'frame_count',
  frameDurationMs: 'frame_duration_ms',
  inputFidelity: 'input_fidelity',
  stream: 'stream',
  partialImages: 'partial_images',
  user: 'user',
  inputImages: 'image',
  mask: 'mask',
};

/** The surface's own name for a field of ours. */
export function wireName(options: ResolveOptions, field: Field): string {
  return options.wireNames?.[field] ?? WIRE_NAMES[field];
}

/** One request on its way through the catalog's rules: what was sent, to which model, in which manner. */
export class Asking {
  private readonly dropped = new Set<Field>();

  constructor(
    readonly sent: ImageParameters,
    readonly model: CatalogModel,
    readonly options: ResolveOptions,
  ) {}

  wire(field: Field): string {
    return wireName(this.options, field);
  }

  /** An `invalid_value` in the surface's words, to be thrown. */
  refusal(field: Field, problem: string, facts?: Facts): DomainError {
    return invalidValue(this.wire(field), problem, facts);
  }

  /**
   * Leaves out a known parameter that this model lacks.
   *
   * @throws DomainError `invalid_value` on strict surfaces, where nothing is dropped.
   */
  drop(field: Field, why = `${this.model.name} has no parameter ${this.wire(field)}.`): void {
    if (this.options.strict) throw this.refusal(field, why);
    this.dropped.add(field);
  }

  /** Wire names of what was dropped, in the order sent. */
  get ignored(): readonly string[] {
    if (this.dropped.size === 0) return [];
    const fields = Object.keys(this.sent) as Field[];
    return fields.filter((field) => this.dropped.has(field)).map((field) => this.wire(field));
  }
}
