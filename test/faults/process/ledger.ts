import type { TestingModule } from '@nestjs/testing';
import { newId } from '../../../src/common/ids.js';
import { CreditsService, LedgerCheck } from '../../../src/credits/index.js';
import { UnitOfWork } from '../../../src/database/index.js';
import { startLedgerNode } from '../../support/ledger-node.js';
import type { Postgres } from './postgres.js';

export interface OwnedKey {
  readonly accountId: string;
  readonly keyId: string;
}

const BATCH = 100;

/** The ledger of a database without Easel processes: what rigs fill it with, and what they check. */
export class Ledger {
  private constructor(
    private readonly postgres: Postgres,
    private readonly node: TestingModule,
  ) {}

  /** With the catalog version 1 that `command` of the tests' support names. */
  static async open(postgres: Postgres): Promise<Ledger> {
    await postgres.query(
      `INSERT INTO catalog_versions (version, document, source) VALUES (1, '{}', 'rig')`,
    );
    return new Ledger(postgres, await startLedgerNode(postgres.database));
  }

  /** @param balances wire credits, one account each */
  async givenAccounts(balances: readonly number[]): Promise<OwnedKey[]> {
    const owned = balances.map(() => ({ accountId: newId(), keyId: newId() }));
    await this.postgres.query(
      `INSERT INTO accounts (id, email)
       SELECT id, id || '@rig.invalid' FROM unnest($1::uuid[]) AS a(id)`,
      [owned.map(({ accountId }) => accountId)],
    );
    await this.givenKeys(owned);
    for (let from = 0; from < owned.length; from += BATCH) {
      await this.grant(owned.slice(from, from + BATCH), balances.slice(from, from + BATCH));
    }
    return owned;
  }

  async givenKeys(owned: readonly OwnedKey[]): Promise<void> {
    await this.postgres.query(
      `INSERT INTO api_keys (id, account_id, name, prefix, secret_hash)
       SELECT k.id, k.account_id, 'rig', 'sk', sha256(k.id::text::bytea)
         FROM unnest($1::uuid[], $2::uuid[]) AS k(id, account_id)`,
      [owned.map(({ keyId }) => keyId), owned.map(({ accountId }) => accountId)],
    );
  }

  /** The rules of docs/ledger.md that are broken. */
  async violations(): Promise<string[]> {
    const { violations } = await this.node.get(LedgerCheck).run();
    return violations.map(({ rule, count }) => `${count} × ledger: ${rule}`);
  }

  close(): Promise<void> {
    return this.node.close();
  }

  private async grant(owned: readonly OwnedKey[], balances: readonly number[]): Promise<void> {
    const credits = this.node.get(CreditsService);
    await this.node.get(UnitOfWork).run(async (tx) => {
      for (const [at, { accountId }] of owned.entries()) {
        await credits.openAccount(tx, accountId);
        if (balances[at] === 0) continue;
        const amount = BigInt(balances[at] * 1000);
        await credits.grant(tx, { accountId, amount, kind: 'gift', reason: null, reference: null });
      }
    });
  }
}
