import type { Incarnation } from './incarnation.js';
import type { Account } from './customers.js';
import type { Random } from './random.js';

/** A correction by the operator, repeated under its reference until an answer comes. */
export interface Correction {
  readonly kind: 'grant' | 'adjustment' | 'refund';
  readonly account: Account;
  readonly generationId: string | null;
  readonly amount: bigint;
  readonly reference: string;
  triesLeft: number;
  state: 'idle' | 'running' | 'done';
}

export function drawCorrection(
  random: Random,
  accounts: readonly Account[],
  ended: readonly { id: string; account: Account }[],
  number: number,
): Correction {
  const generation = ended.length > 0 ? random.pick(ended) : null;
  const kind = random.pick(generation ? KINDS : KINDS.slice(0, 2));
  const account = kind === 'refund' ? generation!.account : random.pick(accounts);
  return {
    kind,
    account,
    generationId: kind === 'refund' ? generation!.id : null,
    amount: BigInt(random.between(1, 6)) * 1000n,
    reference: `c${number}`,
    triesLeft: 3,
    state: 'idle',
  };
}

const KINDS = ['grant', 'adjustment', 'refund'] as const;

/** Resolves when the process has answered, however; true when it is known to be done or refused. */
export async function correct(process: Incarnation, correction: Correction): Promise<boolean> {
  const { kind, account, amount, reference, generationId } = correction;
  const { credits, unitOfWork } = process;
  const request = { amount, reason: 'simulated', reference };
  const done = unitOfWork.run<unknown>((tx) => {
    if (kind === 'refund') return credits.refund(tx, generationId!, request);
    if (kind === 'adjustment') return credits.adjust(tx, account.id, request);
    return credits.grant(tx, { ...request, accountId: account.id, kind: 'gift' });
  });
  const lost = process.died.then(() => false);
  return Promise.race([
    done.then(
      () => true,
      (error: { code?: string }) => error.code !== 'database_unavailable',
    ),
    lost,
  ]);
}

/** A change that must hold for whatever is accepted after its commit. */
export type Ban = { readonly kind: 'revoke'; readonly keyId: string } | Suspension;
interface Suspension {
  readonly kind: 'suspend' | 'resume';
  readonly account: Account;
}

export async function ban(process: Incarnation, change: Ban): Promise<void> {
  const work =
    change.kind === 'revoke'
      ? process.keys.revoke(change.keyId)
      : process.accounts.patch(change.account.id, {
          status: change.kind === 'suspend' ? 'suspended' : 'active',
        });
  await Promise.race([
    work.then(
      () => undefined,
      () => undefined,
    ),
    process.died,
  ]);
}
