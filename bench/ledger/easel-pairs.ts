import type { Type } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { LedgerCheck } from '../../src/credits/index.js';
import type { SettleItem } from '../../src/relay/generation-items.js';
import { GenerationStore } from '../../src/relay/generation-store.js';
import {
  asset,
  command,
  item,
  settlement,
  startLedgerNode,
} from '../../test/support/ledger-node.js';
import type { PairMaker } from './pair-maker.js';
import { REQUEST } from './request.js';

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
    const accepted = item(command(accountId, apiKeyId, { request: REQUEST }), CREDITS);
    const { verdict } = await this.store.accept(accepted);
    return verdict === 'ok' && (await this.store.settle(settlementOf(accepted))) === 'ok';
  }

  /** ms of either step. @throws Error when one is refused */
  async timedPair(
    accountId: string,
    apiKeyId: string,
  ): Promise<{ accept: number; settle: number }> {
    const accepted = item(command(accountId, apiKeyId, { request: REQUEST }), CREDITS);
    const begun = performance.now();
    const { verdict } = await this.store.accept(accepted);
    const between = performance.now();
    const settled = await this.store.settle(settlementOf(accepted));
    if (verdict !== 'ok' || settled !== 'ok') throw new Error(`${verdict}, ${settled}`);
    return { accept: between - begun, settle: performance.now() - between };
  }

  /** What else this process's part of the product offers. */
  service<T>(type: Type<T>): T {
    return this.node.get(type);
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

function settlementOf(accepted: ReturnType<typeof item>): SettleItem {
  const attempt = {
    id: accepted.lease.attemptId,
    state: 'succeeded',
    failure: null,
    httpStatus: 200,
    detail: null,
    images: 1,
  } as const;
  return settlement(accepted, [asset(0, CREDITS)], { attempt });
}
