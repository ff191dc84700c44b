import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiKeysService } from '../../../src/api-keys/index.js';
import { LedgerCheck } from '../../../src/credits/index.js';
import { RelayService } from '../../../src/relay/index.js';
import { DatabaseUnavailableError } from '../../../src/database/index.js';
import { GenerationStore } from '../../../src/relay/generation-store.js';
import { Recovery } from '../../../src/relay/recovery.js';
import { AssetStore } from '../../../src/storage/index.js';
import { startApp, type TestApp } from '../../support/app.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { HARNESS } from '../simulator/session.js';
import { NARROW, ROOMY, type Racer } from './crowd.js';
import { RacingUpstream } from './upstream.js';

const NODES = 3;
const ROOM = 200;
/** For all nodes together, so that most wait and are claimed, several at a time. */
const LITTLE_ROOM = 18;

/** Three whole nodes on one database and one disk, before an upstream of ours. */
export class Field {
  /** How often a pending generation was given to a node. */
  readonly claims = new Map<string, number>();

  private constructor(
    readonly database: TestDatabase,
    readonly upstream: RacingUpstream,
    private readonly nodes: readonly TestApp[],
    private readonly dataDir: string,
  ) {}

  /** @param plant changes the database before anything runs */
  static async open(plant: (database: TestDatabase) => Promise<void>): Promise<Field> {
    const database = await createTestDatabase();
    await database.query(HARNESS);
    await plant(database);
    const upstream = new RacingUpstream();
    const dataDir = await mkdtemp(join(tmpdir(), 'easel-races-'));
    const options = { database, dataDir, providers: [upstream], upstreams: UPSTREAMS };
    const nodes: TestApp[] = [];
    for (let i = 0; i < NODES; i++) nodes.push(await startApp(options));
    const field = new Field(database, upstream, nodes, dataDir);
    for (const { app } of nodes) field.watchClaims(app.get(GenerationStore));
    return field;
  }

  private watchClaims(store: GenerationStore): void {
    const claim = store.claim.bind(store);
    store.claim = async (...asked) => {
      const taken = await claim(...asked);
      for (const { id, abandoned } of taken) {
        if (!abandoned) this.claims.set(id, (this.claims.get(id) ?? 0) + 1);
      }
      return taken;
    };
  }

  /** @param at any number */
  relay(at: number): RelayService {
    return this.nodes[at % NODES].app.get(RelayService);
  }

  generations(at: number): GenerationStore {
    return this.nodes[at % NODES].app.get(GenerationStore);
  }

  revoke(keyId: string): Promise<unknown> {
    return this.nodes[0].app.get(ApiKeysService).revoke(keyId);
  }

  /** All look for work in one moment, as after a signal that reaches all. */
  signal(): void {
    for (const { app } of this.nodes) app.get(Recovery).poke();
  }

  get store(): AssetStore {
    return this.nodes[0].app.get(AssetStore);
  }

  async catalogVersion(): Promise<number> {
    const [{ version }] = await this.ask<{ version: number }>(
      'SELECT version FROM catalog_versions WHERE superseded_at IS NULL',
    );
    return version;
  }

  async enter(racers: readonly Racer[]): Promise<void> {
    for (const { id, keys, granted } of racers) {
      await this.ask('SELECT sim.open_account($1, $2, $3)', [id, keys, granted]);
    }
  }

  ask<T>(text: string, values: unknown[] = []): Promise<T[]> {
    return this.database.query<T & object>(text, values);
  }

  /** The program's own check, over all rounds together. */
  async checkLedger(): Promise<string[]> {
    const { violations } = await this.nodes[0].app.get(LedgerCheck).run();
    return violations.map(({ rule, count }) => `check:ledger: ${rule} (${count})`);
  }

  async close(): Promise<void> {
    for (const node of this.nodes) await node.stop();
    await this.database.drop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** A busy machine may keep the database from answering in time: then nothing was promised. */
export function unlessAway<T>(call: Promise<T>): Promise<T | 'away'> {
  return call.catch((error: unknown) => {
    if (error instanceof DatabaseUnavailableError) return 'away' as const;
    throw error;
  });
}

const UPSTREAMS = [
  { name: 'roomy', models: [ROOMY], maxConcurrent: ROOM },
  { name: 'narrow', models: [NARROW], maxConcurrent: LITTLE_ROOM },
].map((upstream) => ({ ...upstream, provider: 'racing', priority: 1, trusted: true }));
