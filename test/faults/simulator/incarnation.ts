import { AccountsService } from '../../../src/accounts/index.js';
import { ApiKeysService } from '../../../src/api-keys/api-keys.service.js';
import type { KeyAuthenticator } from '../../../src/api-keys/key-authenticator.js';
import type { PlansService } from '../../../src/accounts/index.js';
import { loadEnv } from '../../../src/config/index.js';
import { CreditsService } from '../../../src/credits/index.js';
import { ChangeFeed, Database, type Notifier, UnitOfWork } from '../../../src/database/index.js';
import { DrainService } from '../../../src/observability/drain.service.js';
import { AttemptRunner } from '../../../src/relay/attempt.js';
import { Deliveries } from '../../../src/relay/deliveries.js';
import { GenerationReader } from '../../../src/relay/generation-reader.js';
import { GenerationStore } from '../../../src/relay/generation-store.js';
import { Recovery } from '../../../src/relay/recovery.js';
import { RelayLifecycle } from '../../../src/relay/relay-lifecycle.js';
import { RelayService } from '../../../src/relay/relay.service.js';
import { RelayViews } from '../../../src/relay/relay-views.js';
import { Runner } from '../../../src/relay/runner.js';
import { TaskFollower } from '../../../src/relay/task-follower.js';
import { TaskPauses } from '../../../src/relay/task-pauses.js';
import { Waiters } from '../../../src/relay/waiters.js';
import { WorkerLease } from '../../../src/relay/worker-lease.js';
import { AssetsRepository } from '../../../src/storage/assets.repository.js';
import { type AssetStore, BlockedHashes } from '../../../src/storage/index.js';
import { Upstream } from '../../../src/upstreams/upstream.js';
import type { UpstreamLoader } from '../../../src/upstreams/upstream-loader.js';
import { UpstreamsService } from '../../../src/upstreams/index.js';
import { type Client, createDatabase, type DatabaseWorld } from './database-port.js';
import type { OpenTransaction } from './physical-database.js';
import type { Scheduler } from './scheduler.js';
import { createStore, type StorageWorld } from './storage-port.js';
import { createFactory, createFetcher, type UpstreamPort } from './upstream-port.js';
import { RENDERER, UPSTREAMS, type UpstreamPlan } from './upstream-plans.js';

/** Seconds a request waits for its end; short, so that waits end often. */
export const ANSWER_SECONDS = 20;

const GRACE_MS = 10_000;

const ENV = loadEnv({ ANSWER_DEADLINE_SECONDS: String(ANSWER_SECONDS) });

/** What every incarnation shares: the outside world. */
export type Outside = DatabaseWorld &
  StorageWorld &
  UpstreamPort & {
    /** Images per call of the upstreams of this run. */
    readonly maxCount: number;
    /** Every process that could hear a signal. */
    readonly cluster: () => readonly Incarnation[];
    readonly parts: Parts;
  };

/** Classes a planted bug may replace by its own. */
export interface Parts {
  readonly GenerationStore: typeof GenerationStore;
  readonly WorkerLease: typeof WorkerLease;
  readonly createStore: typeof createStore;
  readonly createFactory: typeof createFactory;
}

export const PARTS: Parts = { GenerationStore, WorkerLease, createStore, createFactory };

/**
 * One process of the cluster: the relay core as it is, over ports. Made, run and
 * killed as its owner; after its death none of its code runs again.
 */
export class Incarnation implements Client {
  alive = true;
  frozen = false;
  isBooting = true;
  readonly transactions = new Set<OpenTransaction>();
  readonly died: Promise<void>;
  relay!: RelayService;
  store!: AssetStore;
  credits!: CreditsService;
  keys!: ApiKeysService;
  accounts!: AccountsService;
  unitOfWork!: UnitOfWork;
  private lifecycle!: RelayLifecycle;
  private waiters!: Waiters;
  private database!: Database;
  private readonly listeners = new Map<string, (() => void)[]>();
  private announceDeath!: () => void;

  constructor(
    private readonly outside: Outside,
    readonly name: string,
    readonly skewMs: number,
  ) {
    this.died = new Promise((resolve) => (this.announceDeath = resolve));
  }

  get workerId(): string {
    return this.lifecycle.workerId;
  }

  onDeath(): void {
    for (const transaction of this.transactions) transaction.isBroken = true;
    this.announceDeath();
  }

  /** Boots; to be called as the owner. Rejects when the database stays away. */
  async start(): Promise<void> {
    const upstreams = this.build();
    await upstreams.onModuleInit();
    await this.lifecycle.onApplicationBootstrap();
    this.isBooting = false;
  }

  /** What SIGTERM does; to be called as the owner. */
  async stop(): Promise<void> {
    await this.lifecycle.drain(GRACE_MS);
    await this.lifecycle.onModuleDestroy();
    this.waiters.onApplicationShutdown();
    this.database.onApplicationShutdown();
  }

  hear(signal: string): void {
    for (const listener of this.listeners.get(signal) ?? []) listener();
  }

  private build(): UpstreamsService {
    const { outside } = this;
    const { parts } = outside;
    const database = (this.database = createDatabase(outside, this));
    const notifier = this.createNotifier();
    const changes = new ChangeFeed(database, notifier);
    const generations = new parts.GenerationStore(database);
    const reader = new GenerationReader(database, new AssetsRepository(database));
    const waiters = (this.waiters = new Waiters(reader, notifier));
    this.store = parts.createStore(outside, this);
    this.credits = new CreditsService(database);
    this.unitOfWork = new UnitOfWork(database);
    this.buildOperators(database, changes);
    const loader = {
      load: async () => this.createUpstreams(),
      buildRenderer: () => this.create(RENDERER),
    };
    const upstreams = new UpstreamsService(loader as unknown as UpstreamLoader, database, changes);
    const follower = new TaskFollower(generations, new TaskPauses(notifier));
    const fetcher = createFetcher(outside, this);
    const blocked = new BlockedHashes(database, changes);
    const attempts = new AttemptRunner(this.store, fetcher, generations, follower, blocked);
    const runner = new Runner(attempts, generations, upstreams, waiters);
    const lease = new parts.WorkerLease(ENV, database);
    const recovery = new Recovery(ENV, database, lease, generations, runner, upstreams, notifier);
    const drains = new DrainService();
    const lifecycle = new RelayLifecycle(database, lease, recovery, runner, drains, notifier);
    const views = new RelayViews(database, reader, this.credits, generations, waiters, notifier);
    this.lifecycle = lifecycle;
    this.relay = new RelayService(
      ENV,
      generations,
      upstreams,
      runner,
      lifecycle,
      waiters,
      views,
      new Deliveries(database, lease),
    );
    return upstreams;
  }

  private buildOperators(database: Database, changes: ChangeFeed): void {
    const authenticator = { forget: () => undefined } as unknown as KeyAuthenticator;
    const plans = {} as unknown as PlansService;
    this.keys = new ApiKeysService(database, this.unitOfWork, changes, plans, authenticator);
    this.accounts = new AccountsService(database, this.unitOfWork, changes);
  }

  private createUpstreams(): Upstream[] {
    return UPSTREAMS.map((plan) => this.create(plan));
  }

  private create({ config, hasTasks }: UpstreamPlan): Upstream {
    const { outside } = this;
    const { maxCount } = outside;
    const traits = { name: config.name, maxCount, hasTasks };
    return new Upstream(config, outside.parts.createFactory(outside, this, traits), null, null);
  }

  /** Signals reach every process in time, or never. */
  private createNotifier(): Notifier {
    const on = (signal: string, listener: () => void) => {
      this.listeners.set(signal, [...(this.listeners.get(signal) ?? []), listener]);
    };
    const tell = (signal: string) => {
      const { scheduler } = this.outside;
      for (const process of this.outside.cluster()) {
        if (process.alive) scheduler.signal(process, signal, () => process.hear(signal));
      }
    };
    return { on, tell } as unknown as Notifier;
  }
}

export type { Scheduler };
