import type { ImageProvider, ImageProviderFactory } from '../providers/index.js';
import { Circuit } from './circuit.js';
import type { ModelRoute, UpstreamConfig } from './upstream-config.js';

/** One configured upstream as this process sees it: connections, load and health. */
export class Upstream {
  /** Generations of this process that it is working on. */
  inFlight = 0;
  /** How many of `maxConcurrent` are this process's. */
  private cap: number;
  private readonly circuits = new Map<string, Circuit>();
  private readonly providers = new Map<string, ImageProvider>();

  /** @param disabledReason why it cannot be used, or null */
  constructor(
    readonly config: UpstreamConfig,
    private readonly factory: ImageProviderFactory,
    private readonly apiKey: string | null,
    readonly disabledReason: string | null,
  ) {
    this.cap = config.maxConcurrent;
  }

  get name(): string {
    return this.config.name;
  }

  get isEnabled(): boolean {
    return this.disabledReason === null;
  }

  /** How many more it could work on for this process. */
  get room(): number {
    return Math.max(0, this.cap - this.inFlight);
  }

  get hasRoom(): boolean {
    return this.room > 0;
  }

  /**
   * Divides `maxConcurrent` among the live processes: the first ones by rank get
   * what does not divide evenly, so that the parts never add up to more.
   *
   * @param rank null: none of it yet
   */
  setShare(rank: number | null, workers: number): void {
    const { maxConcurrent } = this.config;
    if (rank === null) this.cap = 0;
    else this.cap = Math.floor(maxConcurrent / workers) + (rank < maxConcurrent % workers ? 1 : 0);
  }

  /** Null when it does not serve the model. */
  routeFor(model: string): ModelRoute | null {
    const { models } = this.config;
    if (models === '*') return { upstreamModel: model, quirks: {} };
    return models.get(model) ?? null;
  }

  circuit(model: string): Circuit {
    let circuit = this.circuits.get(model);
    if (!circuit) this.circuits.set(model, (circuit = new Circuit()));
    return circuit;
  }

  /** Reasons of the models that are passed over now, for operators. */
  openCircuits(): { model: string; reason: string }[] {
    return [...this.circuits].flatMap(([model, { openReason }]) =>
      openReason ? [{ model, reason: openReason }] : [],
    );
  }

  /** One provider for all models but those with quirks of their own. */
  providerFor(model: string): ImageProvider {
    const own = this.routeFor(model)?.quirks ?? {};
    const key = Object.keys(own).length > 0 ? model : '';
    let provider = this.providers.get(key);
    if (!provider) this.providers.set(key, (provider = this.createProvider(own)));
    return provider;
  }

  async close(): Promise<void> {
    await Promise.all([...this.providers.values()].map((provider) => provider.close()));
  }

  private createProvider(quirks: Readonly<Record<string, unknown>>): ImageProvider {
    return this.factory.create(settingsOf(this.config, this.apiKey, quirks));
  }
}

export function settingsOf(
  config: UpstreamConfig,
  apiKey: string | null,
  quirks: Readonly<Record<string, unknown>> = {},
) {
  return {
    name: config.name,
    baseUrl: config.baseUrl,
    apiKey,
    allowPrivateNetwork: config.allowPrivateNetwork,
    attemptTimeoutMs: config.attemptTimeoutSeconds * 1000,
    quirks: { ...config.quirks, ...quirks },
  };
}
