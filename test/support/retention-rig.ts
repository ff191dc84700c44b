import { randomBytes } from 'node:crypto';
import { access, mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import { firstIdAt, newCapability, newId } from '../../src/common/ids.js';
import { ConfigModule, EnvSecrets, loadEnv } from '../../src/config/index.js';
import { CreditsModule, CreditsService, LedgerCheck } from '../../src/credits/index.js';
import {
  APPLICATION_ROLE,
  Database,
  DatabaseModule,
  UnitOfWork,
} from '../../src/database/index.js';
import { ObservabilityModule } from '../../src/observability/observability.module.js';
import type { RelayCommand } from '../../src/relay/generation.js';
import type { AcceptItem, AssetRow } from '../../src/relay/generation-items.js';
import { GenerationReader } from '../../src/relay/generation-reader.js';
import { GenerationStore } from '../../src/relay/generation-store.js';
import { RetentionModule } from '../../src/relay/retention/retention.module.js';
import { RetentionRunner } from '../../src/relay/retention/retention-runner.js';
import { type Sweeper, SWEEPERS } from '../../src/relay/retention/sweeper.js';
import { AssetsRepository } from '../../src/storage/index.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { givePatience } from './patience.js';
import { asset, command, item, settlement } from './ledger-node.js';

const nothing = () => undefined;
const SILENT = { log: nothing, warn: nothing, error: nothing };
const DAY_MS = 86_400_000;

/** A request as the catalog resolves it, of which nothing is left out. */
export const ASKED = {
  model: 'm',
  requestedModel: 'm-alias',
  ownedBy: 'somebody',
  catalogVersion: 1,
  operation: 'generate',
  prompt: 'a lighthouse',
  count: 1,
  size: { width: 1024, height: 1024 },
  parameters: { quality: 'low', user: 'customer-4711' },
  ignored: ['style'],
  price: {
    kind: 'image',
    tier: '1k',
    quality: 'low',
    tiers: { '1k': '2000' },
    tierPixels: { '1k': 1_572_864, '2k': 4_194_304 },
    surcharges: [],
  },
  deadlineSeconds: null,
};

export interface PictureFacts {
  readonly mode?: 'live' | 'test';
  readonly id?: string;
  readonly request?: object;
  /** False: the generation stays at work. */
  readonly settled?: boolean;
  readonly idempotencyKey?: string;
}

export interface Picture {
  readonly accountId: string;
  readonly assetId: string;
  readonly generationId: string;
  readonly accepted: AcceptItem;
}

/** Retention as the processes of a cluster run it, on a database and a folder of its own. */
export class RetentionRig {
  readonly nodes: TestingModule[] = [];
  accountId = '';

  private constructor(
    readonly database: TestDatabase,
    private readonly dataDir: string,
  ) {}

  static async start(): Promise<RetentionRig> {
    const dataDir = await mkdtemp(join(tmpdir(), 'easel-retention-'));
    const rig = new RetentionRig(await createTestDatabase(), dataDir);
    await rig.addNode();
    await rig.database.query(
      `INSERT INTO catalog_versions (version, document, source) VALUES (1, '{}', 'test')`,
    );
    rig.accountId = await rig.givenAccount();
    return rig;
  }

  async addNode(): Promise<TestingModule> {
    const source = {
      DATABASE_URL: this.database.url,
      DATA_DIR: this.dataDir,
      MASTER_KEY: 'a master key for tests, 32 characters',
    };
    const node = await givePatience(
      await Test.createTestingModule({
        imports: [
          ConfigModule.forRoot(loadEnv(source), new EnvSecrets(source)),
          ObservabilityModule,
          DatabaseModule.forRoot({ url: this.database.url, pooled: false, role: APPLICATION_ROLE }),
          CreditsModule,
          RetentionModule,
        ],
      })
        .setLogger(SILENT)
        .compile(),
    );
    this.nodes.push(await node.init());
    // Tests say when it runs; its own time may come in the middle of a slow one.
    clearInterval(node.get(RetentionRunner)['timer']);
    return node;
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.close();
    await this.database.drop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  get store(): GenerationStore {
    return new GenerationStore(this.nodes[0].get(Database));
  }

  get reader(): GenerationReader {
    const database = this.nodes[0].get(Database);
    return new GenerationReader(database, new AssetsRepository(database));
  }

  /** One whole turn of a node, whenever the last one was. */
  async run(node = this.nodes[0]): Promise<void> {
    await this.database.query(`DELETE FROM settings WHERE key = 'retention_turn'`);
    await node.get(RetentionRunner).run();
  }

  sweeper(name: string, node = this.nodes[0]): Sweeper {
    const sweepers = node.get<Sweeper[]>(SWEEPERS);
    const found = sweepers.find((sweeper) => sweeper.name === name);
    if (!found) throw new Error(`No sweeper ${name}`);
    return found;
  }

  sweep(name: string, node = this.nodes[0]): Promise<number> {
    return this.sweeper(name, node).sweep();
  }

  async givenAccount(): Promise<string> {
    const accountId = newId();
    const node = this.nodes[0];
    await this.database.query('INSERT INTO accounts (id, email) VALUES ($1, $2)', [
      accountId,
      `${accountId}@x`,
    ]);
    await node.get(UnitOfWork).run(async (tx) => {
      const credits = node.get(CreditsService);
      await credits.openAccount(tx, accountId);
      const grant = { accountId, amount: 1_000_000n, reason: null, reference: null };
      await credits.grant(tx, { ...grant, kind: 'gift' });
    });
    return accountId;
  }

  /** A generation that was accepted, made one picture, stored it, and was charged for it. */
  async givenPicture(facts: PictureFacts = {}): Promise<Picture> {
    const { mode = 'live', settled = true, id, request = ASKED, idempotencyKey } = facts;
    const { accountId } = this;
    const asked = command(accountId, null, {
      mode,
      request: request as RelayCommand['request'],
      ...(idempotencyKey ? { idempotencyKey } : {}),
    });
    const change = { mode, ...(id ? { id } : {}) };
    const accepted = item(asked, mode === 'live' ? 2 : 0, change);
    await this.store.accept(accepted);
    const row: AssetRow = asset(0, mode === 'live' ? 2 : 0);
    await this.putObject(accountId, row.id);
    if (settled) await this.store.settle(settlement(accepted, [row]));
    return { accountId, assetId: row.id, generationId: accepted.id, accepted };
  }

  /** @param left until it expires; negative: since; null: a generation uses it */
  async givenInput(left: string | null): Promise<Picture> {
    const { accountId } = this;
    const assetId = newId();
    await this.database.query(
      `INSERT INTO assets (id, account_id, kind, sha256, media_type, width, height, bytes,
                           visibility, link_token, expires_at, created_at)
       VALUES ($1, $2, 'input', $3, 'image/png', 1, 1, 1, 'private', $4, now() + $5::interval,
               now() - interval '30 d')`,
      [assetId, accountId, randomBytes(32).toString('hex'), newCapability(), left],
    );
    await this.putObject(accountId, assetId);
    return { accountId, assetId, generationId: '', accepted: {} as AcceptItem };
  }

  /** @param left until it expires; negative: since */
  async givenLateResult(left: string, assetId = newId()): Promise<Picture> {
    const { accountId } = this;
    await this.database.query(
      `INSERT INTO late_results (asset_id, account_id, generation_id, ordinal, sha256, media_type,
                                 width, height, bytes, expires_at)
       VALUES ($1, $2, $3, 0, '', 'image/png', 1, 1, 1, now() + $4::interval)`,
      [assetId, accountId, newId(), left],
    );
    await this.putObject(accountId, assetId);
    return { accountId, assetId, generationId: '', accepted: {} as AcceptItem };
  }

  change(assetId: string, set: string): Promise<object[]> {
    return this.database.query(`UPDATE assets SET ${set} WHERE id = $1`, [assetId]);
  }

  async row(assetId: string): Promise<{
    deleted_at: Date | null;
    purged_at: Date | null;
    expires_at: Date | null;
  }> {
    const [row] = await this.database.query<{
      deleted_at: Date | null;
      purged_at: Date | null;
      expires_at: Date | null;
    }>('SELECT deleted_at, purged_at, expires_at FROM assets WHERE id = $1', [assetId]);
    return row;
  }

  async putObject(accountId: string, assetId: string): Promise<void> {
    const path = this.pathOf(accountId, assetId);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'a picture');
  }

  removeObject({ accountId, assetId }: Picture): Promise<void> {
    return unlink(this.pathOf(accountId, assetId));
  }

  hasObject({ accountId, assetId }: Picture): Promise<boolean> {
    return access(this.pathOf(accountId, assetId)).then(
      () => true,
      () => false,
    );
  }

  /** Which of them still have their objects. */
  async withObjects(pictures: Readonly<Record<string, Picture>>): Promise<string[]> {
    const names: string[] = [];
    for (const [name, picture] of Object.entries(pictures)) {
      if (await this.hasObject(picture)) names.push(name);
    }
    return names;
  }

  pathOf(accountId: string, assetId: string): string {
    return join(this.dataDir, 'images', accountId, assetId.slice(0, 5), assetId);
  }

  get identityFile(): string {
    return join(this.dataDir, 'images', '.easel-store');
  }

  async count(from: string): Promise<number> {
    const [{ count }] = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM ${from}`,
    );
    return count;
  }

  async violations(): Promise<readonly object[]> {
    return (await this.nodes[0].get(LedgerCheck).run()).violations;
  }
}

/** An id of that age, as a node would have made it then. */
export function idOfAge(days: number): string {
  return idAt(Date.now() - days * DAY_MS);
}

export function idAt(ms: number): string {
  return firstIdAt(ms).slice(0, 24) + randomBytes(6).toString('hex');
}
