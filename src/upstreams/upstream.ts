import type { ImageProvider, ImageProviderFactory } from '../providers/index.js';
import { Circuit } from './circuit.js';
import type { ModelRoute, UpstreamConfig } from './upstream-config.js';

/** This process's place in the cluster, and what others have in flight beside it. */
export interface ClusterShare {
  /** 0-based among the live processes; null: it may take nothing yet. */
  readonly rank: number | null;
  readonly workers: number;
  readonly elsewhere: readonly {
    readonly upstream: string;
    readonly rank: number;
    readonly inFlight: number;
  }[];
}

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
   * what does not divide evenly, so that the parts never add up to more. What
   * another still has beyond its part, since somebody has joined, is not there to
   * be taken.
   */
  setShare({ rank, workers, elsewhere }: ClusterShare): void {
    const partOf = (place: number | null) => partOfAll(this.config.maxConcurrent, place, workers);
    const excess = elsewhere
      .filter(({ upstream }) => upstream === this.name)
      .reduce((sum, load) => sum + Math.max(0, load.inFlight - partOf(load.rank)), 0);
    this.cap = Math.max(0, partOf(rank) - excess);
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

function partOfAll(most: number, rank: number | null, workers: number): number {
  if (rank === null) return 0;
  return Math.floor(most / workers) + (rank < most % workers ? 1 : 0);
}
