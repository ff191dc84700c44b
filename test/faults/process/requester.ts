import { newId } from '../../../src/common/ids.js';
import { GenerationStore } from '../../../src/relay/generation-store.js';
import { command, item, startLedgerNode } from '../../support/ledger-node.js';
import { sharedMicroseconds, work } from './crew.js';
import type { OwnedKey } from './ledger.js';

export type Order = { readonly use: OwnedKey } | { readonly stop: true };

export interface Used {
  readonly accepted: number;
  readonly refused: number;
  /** When the last accept that went through was begun. */
  readonly lastBegun: number;
  /** When the first one that was refused was begun. */
  readonly refusedFrom: number;
  /** Verdicts that have nothing to do with the key. */
  readonly others: readonly string[];
}

const LOOPS = 2;

const node = await startLedgerNode({ url: process.argv[2] });
const store = node.get(GenerationStore);
let going = false;

/** Spends with one key as fast as it can until it is told to stop. */
work(async (order: Order): Promise<Used | null> => {
  if ('stop' in order) {
    going = false;
    return null;
  }
  going = true;
  const used = {
    accepted: 0,
    refused: 0,
    lastBegun: 0,
    refusedFrom: Infinity,
    others: [] as string[],
  };
  await Promise.all(Array.from({ length: LOOPS }, () => spend(order.use, used)));
  return { ...used, refusedFrom: Math.min(used.refusedFrom, Number.MAX_SAFE_INTEGER) };
});

async function spend({ accountId, keyId }: OwnedKey, used: Writable<Used>): Promise<void> {
  while (going) {
    const begun = sharedMicroseconds();
    const wanted = { ...item(command(accountId, keyId), 1), id: newId() };
    const { verdict } = await store.accept(wanted);
    if (verdict === 'ok') {
      used.accepted += 1;
      used.lastBegun = Math.max(used.lastBegun, begun);
    } else if (verdict === 'key_revoked') {
      used.refused += 1;
      used.refusedFrom = Math.min(used.refusedFrom, begun);
    } else {
      used.others = [...used.others, verdict];
    }
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
