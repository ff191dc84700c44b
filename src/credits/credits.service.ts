import { Injectable } from '@nestjs/common';
import { MAX_MILLICREDITS, type Millicredits, toWireCredits } from '../common/credits.js';
import { DomainError, invalidValue } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { Database, type Tx } from '../database/index.js';

export interface Balance {
  readonly available: Millicredits;
  readonly held: Millicredits;
}

export type GrantKind = 'paid' | 'gift' | 'code' | 'correction';

export interface GrantRequest {
  readonly accountId: string;
  /** Thousandths, > 0. */
  readonly amount: Millicredits;
  readonly kind: GrantKind;
  readonly reason: string | null;
  /** Counts once per account; the same with another amount is a conflict. */
  readonly reference: string | null;
}

export interface CorrectionRequest {
  /** Thousandths, > 0. */
  readonly amount: Millicredits;
  readonly reason: string;
  readonly reference: string;
}

/**
 * The only writer of credit tables besides accept and settle, whose credit
 * movements are the SQL functions of the ledger migration.
 *
 * Each method locks the account's row first, so it queues with accept, settle
 * and itself: nothing decides on a balance it read outside that lock.
 */
@Injectable()
export class CreditsService {
  constructor(private readonly database: Database) {}

  /** Every account has one row of two numbers; called where accounts are made. */
  async openAccount(tx: Tx, accountId: string): Promise<void> {
    await tx.query({
      text: 'INSERT INTO credit_accounts (account_id) VALUES ($1)',
      values: [accountId],
    });
  }

  /** @throws DomainError `not_found` for an account without a row. */
  async balance(accountId: string): Promise<Balance> {
    const balance = (await this.balances([accountId])).get(accountId);
    if (!balance) throw new DomainError('not_found', 'No such account.');
    return balance;
  }

  /**
   * All that was ever put into an account less what the operator took back, and
   * what of it can still be spent. The difference was spent or is held.
   */
  async totals(accountId: string): Promise<{ granted: Millicredits; available: Millicredits }> {
    const [totals] = await this.database.query<{ granted: bigint; available: bigint }>({
      name: 'credits_totals',
      text: `SELECT c.available,
                    (coalesce((SELECT sum(g.amount) FROM credit_grants g
                                WHERE g.account_id = c.account_id), 0)
                   - coalesce((SELECT sum(a.applied) FROM credit_adjustments a
                                WHERE a.account_id = c.account_id), 0))::bigint AS granted
               FROM credit_accounts c WHERE c.account_id = $1`,
      values: [accountId],
    });
    return totals ?? { granted: 0n, available: 0n };
  }

  async balances(accountIds: readonly string[]): Promise<Map<string, Balance>> {
    const rows = await this.database.query<Balance & { accountId: string }>({
      name: 'credits_balances',
      text: `SELECT account_id AS "accountId", available, held FROM credit_accounts
              WHERE account_id = ANY ($1::uuid[])`,
      values: [accountIds],
    });
    return new Map(rows.map(({ accountId, available, held }) => [accountId, { available, held }]));
  }

  /**
   * Credits come in. A reference that was granted before changes nothing and
   * answers the balance of now with `replayed`.
   *
   * @throws DomainError `not_found`; `conflict` for a known reference with another
   * amount; `invalid_value` when the account would pass 2^53 − 1 thousandths.
   */
  async grant(tx: Tx, request: GrantRequest): Promise<Balance & { replayed: boolean }> {
    const { accountId, amount, kind, reason, reference } = request;
    const before = await this.lock(tx, accountId);
    const known = await this.amountBefore(tx, 'credit_grants', 'account_id', accountId, reference);
    if (known !== null) {
      refuseOtherAmount(known, amount);
      return { ...before, replayed: true };
    }
    if (before.available + before.held + amount > MAX_MILLICREDITS) {
      const most = toWireCredits(MAX_MILLICREDITS - before.available - before.held);
      throw invalidValue('amount', `The account can take at most ${most} more credits.`);
    }
    const id = newId();
    await tx.query({
      text: `INSERT INTO credit_grants (id, account_id, amount, kind, reference, reason)
             VALUES ($1, $2, $3, $4, $5, $6)`,
      values: [id, accountId, amount, kind, reference, reason],
    });
    return {
      ...(await this.post(tx, accountId, 'grant', amount, null, id, reason)),
      replayed: false,
    };
  }

  /**
   * Takes credits back (a mistake, a chargeback), at most what is available: the
   * balance never goes below zero and `shortfall` says what could not be taken.
   */
  async adjust(
    tx: Tx,
    accountId: string,
    request: CorrectionRequest,
  ): Promise<Balance & { applied: Millicredits; shortfall: Millicredits; replayed: boolean }> {
    const { amount, reason, reference } = request;
    const before = await this.lock(tx, accountId);
    const [known] = await tx.query<{ requested: bigint; applied: bigint }>({
      text: `SELECT requested, applied FROM credit_adjustments
              WHERE account_id = $1 AND reference = $2`,
      values: [accountId, reference],
    });
    if (known) {
      refuseOtherAmount(known.requested, amount);
      const { applied } = known;
      return { ...before, applied, shortfall: amount - applied, replayed: true };
    }
    const applied = amount < before.available ? amount : before.available;
    const id = newId();
    await tx.query({
      text: `INSERT INTO credit_adjustments (id, account_id, requested, applied, reference, reason)
             VALUES ($1, $2, $3, $4, $5, $6)`,
      values: [id, accountId, amount, applied, reference, reason],
    });
    const after =
      applied > 0n
        ? await this.post(tx, accountId, 'adjustment', -applied, null, id, reason)
        : before;
    return { ...after, applied, shortfall: amount - applied, replayed: false };
  }

  /**
   * Gives back what a generation captured, in one or more parts.
   *
   * @throws DomainError `not_found` for a generation without a hold; `conflict`
   * for a known reference with another amount; `invalid_value` when the sum of
   * refunds would pass what was captured.
   */
  async refund(
    tx: Tx,
    generationId: string,
    { amount, reason, reference }: CorrectionRequest,
  ): Promise<Balance & { refunded: Millicredits; replayed: boolean }> {
    const accountId = await this.accountOfHold(tx, generationId);
    const before = await this.lock(tx, accountId);
    const [hold] = await tx.query<{ captured: bigint; refunded: bigint }>({
      text: 'SELECT captured, refunded FROM credit_holds WHERE generation_id = $1 FOR UPDATE',
      values: [generationId],
    });
    const known = await this.amountBefore(
      tx,
      'credit_refunds',
      'generation_id',
      generationId,
      reference,
    );
    if (known !== null) {
      refuseOtherAmount(known, amount);
      return { ...before, refunded: hold.refunded, replayed: true };
    }
    const left = hold.captured - hold.refunded;
    if (amount > left) {
      const most = toWireCredits(left);
      throw invalidValue('amount', `At most ${most} credits of this generation can be refunded.`);
    }
    const id = newId();
    await tx.query({
      text: `INSERT INTO credit_refunds (id, account_id, generation_id, amount, reference, reason)
             VALUES ($1, $2, $3, $4, $5, $6)`,
      values: [id, accountId, generationId, amount, reference, reason],
    });
    await tx.query({
      text: 'UPDATE credit_holds SET refunded = refunded + $2 WHERE generation_id = $1',
      values: [generationId, amount],
    });
    const after = await this.post(tx, accountId, 'refund', amount, generationId, id, reason);
    return { ...after, refunded: hold.refunded + amount, replayed: false };
  }

  private async lock(tx: Tx, accountId: string): Promise<Balance> {
    const [row] = await tx.query<Balance>({
      name: 'credits_lock',
      text: 'SELECT available, held FROM credit_accounts WHERE account_id = $1 FOR UPDATE',
      values: [accountId],
    });
    if (!row) throw new DomainError('not_found', 'No such account.');
    return row;
  }

  /** Positive amounts come in, negative ones go out; held credits are not touched. */
  private async post(
    tx: Tx,
    accountId: string,
    kind: 'grant' | 'adjustment' | 'refund',
    amount: Millicredits,
    generationId: string | null,
    sourceId: string,
    reason: string | null,
  ): Promise<Balance> {
    const [row] = await tx.query<Balance>({
      name: 'credits_post',
      text: `SELECT available_after AS available, held_after AS held
               FROM credits_post($1, $2, $3, 0, $4, $5, $6)`,
      values: [accountId, kind, amount, generationId, sourceId, reason],
    });
    return row;
  }

  private async amountBefore(
    tx: Tx,
    table: 'credit_grants' | 'credit_refunds',
    owner: 'account_id' | 'generation_id',
    ownerId: string,
    reference: string | null,
  ): Promise<Millicredits | null> {
    if (reference === null) return null;
    const [row] = await tx.query<{ amount: bigint }>({
      text: `SELECT amount FROM ${table} WHERE ${owner} = $1 AND reference = $2`,
      values: [ownerId, reference],
    });
    return row?.amount ?? null;
  }

  private async accountOfHold(tx: Tx, generationId: string): Promise<string> {
    const [row] = await tx.query<{ accountId: string }>({
      text: 'SELECT account_id AS "accountId" FROM credit_holds WHERE generation_id = $1',
      values: [generationId],
    });
    if (!row) throw new DomainError('not_found', 'No such generation.');
    return row.accountId;
  }
}

function refuseOtherAmount(known: Millicredits, amount: Millicredits): void {
  if (known === amount) return;
  throw new DomainError(
    'conflict',
    `This reference was used before with another amount (${toWireCredits(known)}).`,
    { param: 'reference' },
  );
}
