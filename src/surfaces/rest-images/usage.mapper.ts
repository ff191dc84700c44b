import { ceilCredits, floorCredits } from '../../common/credits.js';
import type { StatementKind, StatementLine } from '../../credits/index.js';
import type { CreditTransaction } from './answers.js';
import type { TransactionType } from './vocabulary.js';

/**
 * The operator's own notes are not for customers, so each kind has one text. What
 * was held is the deduction, and what of it comes back names the same reference.
 */
const MEANING: Readonly<
  Record<StatementKind, { readonly type: TransactionType; readonly description: string }>
> = {
  grant: { type: 'addition', description: 'Credits added' },
  hold: { type: 'deduction', description: 'Image generation' },
  release: { type: 'refund', description: 'Image generation: not delivered' },
  refund: { type: 'refund', description: 'Image generation: refunded' },
  adjustment: { type: 'deduction', description: 'Correction' },
};

export function toCreditTransaction(line: StatementLine): CreditTransaction {
  const { type, description } = MEANING[line.kind];
  return {
    id: line.id,
    amount: wholeCredits(type, line.amount),
    type,
    description,
    referenceId: line.generationId,
    createdAt: line.createdAt.toISOString(),
  };
}

/** A charge is rounded up and comes back as it was charged; what is added is rounded down. */
function wholeCredits(type: TransactionType, amount: bigint): number {
  if (type === 'addition') return floorCredits(amount);
  return type === 'refund' ? ceilCredits(amount) : -ceilCredits(-amount);
}
