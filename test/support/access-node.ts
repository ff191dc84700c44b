import { Test, type TestingModule } from '@nestjs/testing';
import { type Account, AccountsModule, AccountsService } from '../../src/accounts/index.js';
import { AdmissionModule } from '../../src/admission/index.js';
import {
  type ApiKey,
  ApiKeysModule,
  ApiKeysService,
  type KeyDraft,
} from '../../src/api-keys/index.js';
import {
  APPLICATION_ROLE,
  ChangeFeed,
  Database,
  DatabaseModule,
  UnitOfWork,
} from '../../src/database/index.js';
import type { TestDatabase } from './database.js';
import { givePatience } from './patience.js';

/** Accounts, keys and admission as one process runs them; start several on one database for a cluster. */
export async function startAccessNode(database: TestDatabase): Promise<TestingModule> {
  const node = await Test.createTestingModule({
    imports: [
      DatabaseModule.forRoot({ url: database.url, pooled: false, role: APPLICATION_ROLE }),
      AccountsModule,
      ApiKeysModule,
      AdmissionModule,
    ],
  }).compile();
  return (await givePatience(node)).init();
}

/** Has a node read every change that was committed so far, so that none comes in between later. */
export async function readChanges(node: TestingModule): Promise<void> {
  // Twice: a poll under way may have read the versions before the last change.
  await node.get(ChangeFeed).poll();
  await node.get(ChangeFeed).poll();
}

let made = 0;

/** An account with the credit row that accept and every change of it lock. */
export async function givenAccount(
  node: TestingModule,
  plan: 'free' | 'paid' = 'free',
): Promise<Account> {
  made += 1;
  return node.get(UnitOfWork).run(async (tx) => {
    const account = await node
      .get(AccountsService)
      .create(tx, { email: `customer-${made}@example.com`, plan });
    await tx.query({
      text: 'INSERT INTO credit_accounts (account_id) VALUES ($1)',
      values: [account.id],
    });
    return account;
  });
}

export async function givenKey(
  node: TestingModule,
  accountId: string,
  draft: Partial<KeyDraft> = {},
): Promise<{ key: ApiKey; secret: string }> {
  return node.get(UnitOfWork).run((tx) => {
    return node.get(ApiKeysService).create(tx, accountId, { name: 'test', ...draft });
  });
}

/** What a node reads on its own, whenever something has changed. */
const BACKGROUND = new Set<string | undefined>(['change_poll', 'plans-load']);

/** Counts the statements a node sends from here on, outside transactions and on somebody's behalf. */
export function countQueries(node: TestingModule): () => number {
  const database = node.get(Database);
  const query = database.query.bind(database);
  let count = 0;
  database.query = (sql) => {
    if (!BACKGROUND.has(sql.name)) count += 1;
    return query(sql);
  };
  return () => count;
}
