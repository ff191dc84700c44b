import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { ChangeFeed, Database } from '../database/index.js';
import { logger } from '../observability/logger.js';
import type { ProviderError } from '../providers/index.js';
import type { ClusterShare, Upstream } from './upstream.js';
import { UpstreamLoader } from './upstream-loader.js';
import { UpstreamSlot } from './upstream-slot.js';

export type RouteMode = 'live' | 'demo' | 'test';

export interface RouteRequest {
  /** Catalog name. */
  readonly model: string;
  readonly operation: 'generate' | 'edit';
  readonly mode: RouteMode;
  /** Upstreams this generation has tried. */
  readonly exclude?: ReadonlySet<string>;
}

/** What operators see of an upstream; keys never leave this module. */
export interface UpstreamView {
  readonly name: string;
  readonly provider: string;
  readonly baseUrl: string | null;
  readonly enabled: boolean;
  readonly disabledReason: string | null;
  readonly priority: number;
  readonly weight: number;
  readonly maxConcurrent: number;
  /** Of this process. */
  readonly inFlight: number;
  readonly models: readonly string[] | '*';
  readonly health: readonly { model: string; reason: string }[];
  readonly demo: boolean;
}

/**
 * Chooses the upstream for an attempt: capability, then priority, then weight
 * against load in flight (design §5).
 */
@Injectable()
export class UpstreamsService implements OnModuleInit, OnApplicationShutdown {
  private readonly log = logger('upstreams');
  private upstreams: Upstream[] = [];
  private renderer!: Upstream;
  private demoOpen = false;

  constructor(
    private readonly loader: UpstreamLoader,
    private readonly database: Database,
    private readonly changes: ChangeFeed,
  ) {}

  async onModuleInit(): Promise<void> {
    this.upstreams = await this.loader.load();
    this.renderer = this.loader.buildRenderer();
    for (const { name, disabledReason } of this.upstreams) {
      if (disabledReason) this.log.warn(`upstream ${name} is disabled: ${disabledReason}`);
    }
    this.changes.onChange('upstreams', () => this.readDemoLatch());
    await this.closeDemoForRealUpstream();
    await this.readDemoLatch();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.upstreams, this.renderer].map((upstream) => upstream.close()));
  }

  /** Demo pictures for every model while the server is new; a one-way latch (design §5). */
  get isDemo(): boolean {
    return (
      this.demoOpen && this.upstreams.some(({ config, isEnabled }) => config.demo && isEnabled)
    );
  }

  /**
   * How a request of a live key for this model is served now.
   *
   * @throws DomainError `model_unavailable` when nothing serves the model.
   */
  modeFor(model: string, operation: 'generate' | 'edit'): 'live' | 'demo' {
    if (this.serving({ model, operation, mode: 'live' }).length > 0) return 'live';
    if (this.isDemo) return 'demo';
    throw new DomainError('model_unavailable', `No upstream serves ${model} at the moment.`, {
      param: 'model',
      retryable: false,
    });
  }

  /** Whether a request for the model could be tried now (demo pictures count). */
  isAvailable(model: string): boolean {
    return this.isDemo || this.serving({ model, operation: 'generate', mode: 'live' }).length > 0;
  }

  /**
   * A slot at the best upstream, or `full` when every capable one is at its
   * limit, or `none` when no untried one is left. Release the slot in any case.
   *
   * @throws DomainError `model_unavailable` (retry after 1 s) while every
   * candidate's circuit is open and its probe is under way.
   */
  acquire(request: RouteRequest): UpstreamSlot | 'full' | 'none' {
    const capable = this.serving(request).filter(({ name }) => !request.exclude?.has(name));
    if (capable.length === 0) return 'none';
    const healthy = capable.filter((upstream) => !upstream.circuit(request.model).isOpen);
    if (healthy.length === 0) return this.probe(capable, request.model);
    const free = healthy.filter(({ hasRoom }) => hasRoom);
    if (free.length === 0) return 'full';
    return new UpstreamSlot(best(free), request.model);
  }

  /** Notes what an attempt said about the upstream's health. */
  report(slot: UpstreamSlot, error: ProviderError | null): void {
    const circuit = slot.upstream.circuit(slot.model);
    if (error === null || error.failure === 'refused') {
      circuit.succeeded();
      return;
    }
    circuit.failed(error.failure, error.facts.retryAfterSeconds);
    if (error.failure === 'auth' || error.failure === 'quota') {
      this.log.error(`upstream ${slot.upstream.name} refuses our ${error.failure}`, {
        upstream: slot.upstream.name,
        status: error.facts.httpStatus,
      });
    }
  }

  /** This process's part of every upstream's `maxConcurrent`. The local renderer is everybody's own. */
  setShare(share: ClusterShare): void {
    for (const upstream of this.upstreams) {
      if (upstream.config.provider !== 'local-renderer') upstream.setShare(share);
    }
  }

  /**
   * How many generations of this model could be sent somewhere from here now.
   * Infinity when nobody serves it any more: such are claimed to be ended.
   */
  room(model: string): number {
    const serving = this.serving({ model, operation: 'generate', mode: 'live' });
    if (serving.length === 0) return Infinity;
    return serving.reduce((sum, upstream) => sum + upstream.room, 0);
  }

  /** A slot at the one upstream that has a task of ours; null when it is gone or full. */
  acquireAt(name: string, model: string): UpstreamSlot | null {
    const upstream = this.upstreams.find((known) => known.name === name && known.isEnabled);
    return upstream?.hasRoom && upstream.routeFor(model) ? new UpstreamSlot(upstream, model) : null;
  }

  /** Whether a request whose fate there is unknown may be sent again. */
  isSafeToRepeat(name: string): boolean {
    const known = [...this.upstreams, this.renderer].find((upstream) => upstream.name === name);
    return known?.config.safeToRepeat ?? false;
  }

  /** Parameters beyond the catalog's that one of those who serve this passes on as they are. */
  passableParams(request: RouteRequest): ReadonlySet<string> {
    const names = this.serving(request).flatMap((upstream) => {
      const { upstreamModel } = upstream.routeFor(request.model) ?? {
        upstreamModel: request.model,
      };
      const { passParams = [] } = upstream.providerFor(request.model).capabilities(upstreamModel);
      return passParams;
    });
    return new Set(names);
  }

  list(): UpstreamView[] {
    return this.upstreams.map((upstream) => ({
      name: upstream.name,
      provider: upstream.config.provider,
      baseUrl: upstream.config.baseUrl,
      enabled: upstream.isEnabled,
      disabledReason: upstream.disabledReason,
      priority: upstream.config.priority,
      weight: upstream.config.weight,
      maxConcurrent: upstream.config.maxConcurrent,
      inFlight: upstream.inFlight,
      models: upstream.config.models === '*' ? '*' : [...upstream.config.models.keys()],
      health: upstream.openCircuits(),
      demo: upstream.config.demo,
    }));
  }

  private serving({ model, operation, mode }: RouteRequest): Upstream[] {
    if (mode !== 'live') return [this.renderer];
    return this.upstreams.filter((upstream) => {
      const route = upstream.isEnabled ? upstream.routeFor(model) : null;
      if (!route) return false;
      const { operations } = upstream.providerFor(model).capabilities(route.upstreamModel);
      return operations.includes(operation);
    });
  }

  private probe(capable: Upstream[], model: string): UpstreamSlot | 'full' {
    if (capable.some((upstream) => upstream.circuit(model).isProbing)) {
      throw new DomainError('model_unavailable', `${model} is recovering. Please retry shortly.`, {
        retryAfterSeconds: 1,
        retryable: true,
      });
    }
    const free = capable.filter(({ hasRoom }) => hasRoom);
    return free.length === 0 ? 'full' : new UpstreamSlot(best(free), model, true);
  }

  private async closeDemoForRealUpstream(): Promise<void> {
    const real = this.upstreams.find(
      ({ config, isEnabled }) => isEnabled && config.provider !== 'local-renderer',
    );
    if (!real) return;
    await this.database.query({
      text: `INSERT INTO settings (key, value) VALUES ('demo_closed', 'real upstream')
             ON CONFLICT (key) DO NOTHING`,
    });
  }

  private async readDemoLatch(): Promise<void> {
    const rows = await this.database.query({
      name: 'demo_latch',
      text: `SELECT 1 FROM settings WHERE key = 'demo_closed'`,
    });
    this.demoOpen = rows.length === 0;
  }
}

/** Highest priority first; among equals the one with the least load for its weight. */
function best(upstreams: Upstream[]): Upstream {
  const top = Math.max(...upstreams.map(({ config }) => config.priority));
  const load = ({ inFlight, config }: Upstream) => (inFlight + 1) / config.weight;
  return upstreams
    .filter(({ config }) => config.priority === top)
    .reduce((lightest, upstream) => (load(upstream) < load(lightest) ? upstream : lightest));
}
