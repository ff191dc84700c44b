import { randomBytes } from 'node:crypto';
import { Test, type TestingModule } from '@nestjs/testing';
import { newCapability, newId } from '../../src/common/ids.js';
import { CreditsModule } from '../../src/credits/index.js';
import { APPLICATION_ROLE, Database, DatabaseModule } from '../../src/database/index.js';
import type { RelayCommand } from '../../src/relay/generation.js';
import type { AcceptItem, AssetRow, SettleItem } from '../../src/relay/generation-items.js';
import { GenerationStore } from '../../src/relay/generation-store.js';
import type { TestDatabase } from './database.js';
import { givePatience } from './patience.js';

/** The money functions as one process calls them; several on one database make a cluster. */
export async function startLedgerNode(database: Pick<TestDatabase, 'url'>): Promise<TestingModule> {
  const node = await Test.createTestingModule({
    imports: [
      DatabaseModule.forRoot({ url: database.url, pooled: false, role: APPLICATION_ROLE }),
      CreditsModule,
    ],
    providers: [{ provide: GenerationStore, useFactory: makeStore, inject: [Database] }],
  }).compile();
  return (await givePatience(node)).init();
}

function makeStore(database: Database): GenerationStore {
  return new GenerationStore(database);
}

const NO_CAPS = {
  concurrency: null,
  imagesPerDay: null,
  creditsPerDay: null,
  creditsPerMonth: null,
};

/** The part of a command that the money functions read; the rest is what a surface would say. */
export function command(
  accountId: string,
  apiKeyId: string | null,
  change: Partial<RelayCommand> = {},
): RelayCommand {
  return {
    accountId,
    apiKeyId,
    mode: 'live',
    priceFactor: 1000,
    caps: { account: NO_CAPS, key: NO_CAPS },
    surface: 'openai',
    profile: 'openai',
    visibility: 'private',
    request: {
      model: 'm',
      operation: 'generate',
      count: 1,
      catalogVersion: 1,
    } as RelayCommand['request'],
    fingerprint: randomBytes(32),
    idempotencyKey: null,
    requestId: 'r',
    ...change,
  };
}

/** @param hold wire credits */
export function item(
  command: RelayCommand,
  hold: number,
  change: Partial<AcceptItem> = {},
): AcceptItem & { lease: NonNullable<AcceptItem['lease']> } {
  return {
    id: newId(),
    command,
    mode: 'live',
    unit: BigInt(hold * 1000) / BigInt(command.request.count),
    hold: BigInt(hold * 1000),
    deadlineSeconds: 60,
    workerId: WORKER,
    lease: { token: newId(), attemptId: newId(), upstream: 'stub' },
    ...change,
  } as AcceptItem & { lease: NonNullable<AcceptItem['lease']> };
}

export const WORKER = newId();

/** Room enough for whatever a test puts in the queue. */
export const ROOM: ReadonlyMap<string, number> = new Map([['m', 1_000]]);

/** @param credits wire credits */
export function asset(ordinal: number, credits: number): AssetRow {
  return {
    id: newId(),
    ordinal,
    sha256: randomBytes(32).toString('hex'),
    mediaType: 'image/png',
    width: 1024,
    height: 1024,
    bytes: 1000,
    credits: String(credits * 1000),
    linkToken: newCapability(),
  };
}

export function settlement(
  accepted: AcceptItem,
  assets: readonly AssetRow[],
  change: Partial<SettleItem> = {},
): SettleItem {
  return {
    id: accepted.id,
    accountId: accepted.command.accountId,
    token: accepted.lease?.token ?? newId(),
    status: assets.length > 0 ? 'succeeded' : 'failed',
    assets,
    error:
      assets.length > 0
        ? null
        : {
            code: 'upstream_unavailable',
            message: 'no',
            retryable: false,
            retryAfterSeconds: null,
          },
    usage: null,
    attempt: null,
    ...change,
  };
}
