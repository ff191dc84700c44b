import type { TestingModule } from '@nestjs/testing';
import { newId } from '../../src/common/ids.js';
import { CreditsService, LedgerCheck, type LedgerReport } from '../../src/credits/index.js';
import { UnitOfWork } from '../../src/database/index.js';
import { GenerationStore } from '../../src/relay/generation-store.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { startLedgerNode, WORKER } from './ledger-node.js';

/** Two processes' worth of money functions on one database, with a catalog and a live worker. */
export class LedgerRig {
  private constructor(
    readonly database: TestDatabase,
    readonly nodes: readonly TestingModule[],
  ) {}

  static async start(): Promise<LedgerRig> {
    const database = await createTestDatabase();
    const nodes = [await startLedgerNode(database), await startLedgerNode(database)];
    await database.query(
      `INSERT INTO catalog_versions (version, document, source) VALUES (1, '{}', 'test')`,
    );
    await database.query(
      `INSERT INTO workers (id, name, role, lease_until)
       VALUES ($1, 'w', 'all', now() + interval '1 h')`,
      [WORKER],
    );
    return new LedgerRig(database, nodes);
  }

  /** @param node which process asks; any number */
  store(node = 0): GenerationStore {
    return this.nodes[node % this.nodes.length].get(GenerationStore);
  }

  get credits(): CreditsService {
    return this.nodes[0].get(CreditsService);
  }

  get unitOfWork(): UnitOfWork {
    return this.nodes[0].get(UnitOfWork);
  }

  check(): Promise<LedgerReport> {
    return this.nodes[0].get(LedgerCheck).run();
  }

  /** @param amount wire credits */
  async givenAccount(amount: number): Promise<{ accountId: string; keyId: string }> {
    const [accountId, keyId] = [newId(), newId()];
    await this.database.query(`INSERT INTO accounts (id, email) VALUES ($1, $2)`, [
      accountId,
      `${accountId}@x`,
    ]);
    await this.database.query(
      `INSERT INTO api_keys (id, account_id, name, prefix, secret_hash)
       VALUES ($1, $2, 'k', 'sk', sha256($3::bytea))`,
      [keyId, accountId, Buffer.from(keyId)],
    );
    await this.unitOfWork.run(async (tx) => {
      await this.credits.openAccount(tx, accountId);
      if (amount === 0) return;
      const grant = { accountId, amount: BigInt(amount * 1000), reason: null, reference: null };
      await this.credits.grant(tx, { ...grant, kind: 'gift' });
    });
    return { accountId, keyId };
  }

  /** Wire credits: available, held. */
  async balance(accountId: string): Promise<[number, number]> {
    const { available, held } = await this.credits.balance(accountId);
    return [Number(available) / 1000, Number(held) / 1000];
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.close();
    await this.database.drop();
  }
}
