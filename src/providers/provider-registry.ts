import type { ImageProviderFactory } from './image-provider.js';

/** The kinds of upstream this build knows, by the name used in an upstream's `provider` field. */
export class ProviderRegistry {
  private readonly factories: ReadonlyMap<string, ImageProviderFactory>;

  constructor(factories: readonly ImageProviderFactory[]) {
    this.factories = new Map(factories.map((factory) => [factory.kind, factory]));
  }

  /** Null for a kind nobody has written: a mistake in the operator's configuration. */
  factory(kind: string): ImageProviderFactory | null {
    return this.factories.get(kind) ?? null;
  }

  kinds(): readonly string[] {
    return [...this.factories.keys()];
  }
}
