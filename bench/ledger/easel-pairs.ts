import type { TestingModule } from '@nestjs/testing';
import { LedgerCheck } from '../../src/credits/index.js';
import { GenerationStore } from '../../src/relay/generation-store.js';
import {
  asset,
  command,
  item,
  settlement,
  startLedgerNode,
} from '../../test/support/ledger-node.js';
import type { PairMaker } from './pair-maker.js';

const CREDITS = 1;

/** Accept with its first attempt, settle with one image: everything a request leaves behind. */
export class EaselPairs implements PairMaker {
  private constructor(
    private readonly node: TestingModule,
    private readonly store: GenerationStore,
  ) {}

  static async open(url: string): Promise<EaselPairs> {
    const node = await startLedgerNode({ url });
    return new EaselPairs(node, node.get(GenerationStore));
  }

  async pair(accountId: string, apiKeyId: string): Promise<boolean> {
    const accepted = item(command(accountId, apiKeyId), CREDITS);
    const { verdict } = await this.store.accept(accepted);
    if (verdict !== 'ok') return false;
    const attempt = {
      id: accepted.lease.attemptId,
      state: 'succeeded',
      failure: null,
      httpStatus: 200,
      detail: null,
      images: 1,
    } as const;
    const settled = settlement(accepted, [asset(0, CREDITS)], { attempt });
    return (await this.store.settle(settled)) === 'ok';
  }

  /** The rules of the ledger that are broken. */
  async violations(): Promise<string[]> {
    const { violations } = await this.node.get(LedgerCheck).run();
    return violations.map(({ rule, count }) => `${count} × ledger: ${rule}`);
  }

  close(): Promise<void> {
    return this.node.close();
  }
}
