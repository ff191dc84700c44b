import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { stringify } from 'yaml';
import { type Account, AccountsService } from '../../src/accounts/index.js';
import { type ApiKey, ApiKeysService, type KeyDraft } from '../../src/api-keys/index.js';
import { AppModule } from '../../src/app.module.js';
import { newId } from '../../src/common/ids.js';
import { EnvSecrets, loadEnv } from '../../src/config/index.js';
import { APP_OPTIONS, configureApp, createHttpAdapter } from '../../src/configure-app.js';
import { CreditsService, LedgerCheck, type LedgerReport } from '../../src/credits/index.js';
import { APPLICATION_ROLE, UnitOfWork } from '../../src/database/index.js';
import { type AddressResolver, DIALER, type Dialer, RESOLVER } from '../../src/egress/index.js';
import { setUpDocs } from '../../src/openapi/index.js';
import { type ImageProviderFactory, ProviderRegistry } from '../../src/providers/index.js';
import { localRenderer } from '../../src/providers/local-renderer/index.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { givePatience } from './patience.js';

export const ADMIN_KEY = 'an-admin-key-for-tests';

export interface TestAppOptions {
  /** Base URL of an upstream stub; it then serves every model of the catalog. */
  readonly stub?: string;
  /** Entries of `upstreams.yaml`, instead of `stub`. */
  readonly upstreams?: readonly object[];
  /** Kinds of the test's making, instead of the real ones; the local renderer stays. */
  readonly providers?: readonly ImageProviderFactory[];
  readonly env?: Readonly<Record<string, string>>;
  /** The way out to addresses that customers wrote, instead of real names and sockets. */
  readonly egress?: { readonly dialer: Dialer; readonly resolver: AddressResolver };
  /** Shared by several apps for a cluster; the caller drops it. */
  readonly database?: TestDatabase;
  /** Shared like the database. */
  readonly dataDir?: string;
}

export interface TestApp {
  readonly app: NestExpressApplication;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly database: TestDatabase;
  readonly dataDir: string;
  /** @param credits wire credits granted at once */
  givenAccount(credits?: number, plan?: 'free' | 'paid'): Promise<Account>;
  givenKey(accountId: string, draft?: Partial<KeyDraft>): Promise<{ key: ApiKey; secret: string }>;
  /** An account with credits and the secret of a key for it. */
  givenCustomer(
    credits: number,
    draft?: Partial<KeyDraft>,
  ): Promise<{ accountId: string; secret: string; keyId: string }>;
  /** Wire credits. */
  balanceOf(accountId: string): Promise<{ available: number; held: number }>;
  checkLedger(): Promise<LedgerReport>;
  stop(): Promise<void>;
}

/** The built-in renderer as an upstream. */
export const RENDERER = {
  name: 'local',
  provider: 'local-renderer',
  safeToRepeat: true,
  models: ['easel-sketch'],
  demo: true,
};

/** An upstream of tests: the stub behind the real openai-compatible provider. */
export function stubUpstream(baseUrl: string, more: object = {}): object {
  return {
    name: 'stub',
    provider: 'openai-compatible',
    baseUrl,
    apiKeyEnv: 'STUB_API_KEY',
    priority: 10,
    allowPrivateNetwork: true,
    models: '*',
    ...more,
  };
}

/** Boots the whole application on a database of its own; only the upstreams are of the test's making. */
export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = options.database ?? (await createTestDatabase());
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'easel-app-')));
  const source = await settingsOf(options, database, dataDir);
  const env = loadEnv(source);
  const connection = { url: database.url, pooled: false, role: APPLICATION_ROLE };
  const builder = Test.createTestingModule({
    imports: [AppModule.forRoot({ env, secrets: new EnvSecrets(source), connection })],
  });
  if (options.providers) {
    const registry = new ProviderRegistry([localRenderer, ...options.providers]);
    builder.overrideProvider(ProviderRegistry).useValue(registry);
  }
  if (options.egress) {
    builder.overrideProvider(DIALER).useValue(options.egress.dialer);
    builder.overrideProvider(RESOLVER).useValue(options.egress.resolver);
  }
  const module = await givePatience(await builder.compile());
  const app = module.createNestApplication<NestExpressApplication>(createHttpAdapter(), {
    ...APP_OPTIONS,
    logger: false,
  });
  configureApp(app, env);
  setUpDocs(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return new RunningApp(app, `http://127.0.0.1:${port}`, database, dataDir, options);
}

async function settingsOf(
  options: TestAppOptions,
  database: TestDatabase,
  dataDir: string,
): Promise<Record<string, string>> {
  const stub = options.stub ? [stubUpstream(options.stub)] : [];
  const upstreams = options.upstreams ?? [...stub, RENDERER];
  const file = join(dataDir, `upstreams-${newId()}.yaml`);
  await writeFile(file, stringify({ upstreams }));
  return {
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    MASTER_KEY: 'a master key for tests, 32 characters',
    ADMIN_API_KEY: ADMIN_KEY,
    UPSTREAMS_FILE: file,
    STUB_API_KEY: 'sk-stub-upstream-key',
    LOG_LEVEL: 'silent',
    SHUTDOWN_GRACE_SECONDS: '5',
    ...options.env,
  };
}

class RunningApp implements TestApp {
  private made = 0;

  constructor(
    readonly app: NestExpressApplication,
    readonly url: string,
    readonly database: TestDatabase,
    readonly dataDir: string,
    private readonly options: TestAppOptions,
  ) {}

  async givenAccount(credits = 0, plan: 'free' | 'paid' = 'free'): Promise<Account> {
    const email = `customer-${(this.made += 1)}-${newId()}@example.com`;
    return this.app.get(UnitOfWork).run(async (tx) => {
      const account = await this.app.get(AccountsService).create(tx, { email, plan });
      const ledger = this.app.get(CreditsService);
      await ledger.openAccount(tx, account.id);
      if (credits > 0) {
        await ledger.grant(tx, {
          accountId: account.id,
          amount: BigInt(credits * 1000),
          kind: 'gift',
          reason: null,
          reference: null,
        });
      }
      return account;
    });
  }

  givenKey(accountId: string, draft: Partial<KeyDraft> = {}) {
    return this.app
      .get(UnitOfWork)
      .run((tx) => this.app.get(ApiKeysService).create(tx, accountId, { name: 'test', ...draft }));
  }

  async givenCustomer(credits: number, draft: Partial<KeyDraft> = {}) {
    const { id: accountId } = await this.givenAccount(credits);
    const { key, secret } = await this.givenKey(accountId, draft);
    return { accountId, secret, keyId: key.id };
  }

  async balanceOf(accountId: string): Promise<{ available: number; held: number }> {
    const { available, held } = await this.app.get(CreditsService).balance(accountId);
    return { available: Number(available) / 1000, held: Number(held) / 1000 };
  }

  checkLedger(): Promise<LedgerReport> {
    return this.app.get(LedgerCheck).run();
  }

  async stop(): Promise<void> {
    await this.app.close();
    if (!this.options.database) await this.database.drop();
    if (!this.options.dataDir) await rm(this.dataDir, { recursive: true, force: true });
  }
}
