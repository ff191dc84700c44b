import { Injectable } from '@nestjs/common';
import { notFound } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import { ChangeFeed, Database, type Tx, UnitOfWork } from '../database/index.js';
import {
  type Account,
  ACCOUNT_STATUSES,
  type AccountChange,
  type AccountDraft,
  checkOneOf,
  checkPriceFactor,
  emailTaken,
  normaliseEmail,
} from './account.js';
import { PLAN_NAMES } from './plan.js';

const COLUMNS = `id, email, plan, status, price_factor AS "priceFactor", seeded,
  created_at AS "createdAt"`;

/** The only writer of `accounts`. What an account owns lives in the modules of those things. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: ChangeFeed,
  ) {}

  /**
   * Takes the caller's transaction, because an account without its credit
   * account, which only the credits module may open, must not exist.
   *
   * @throws DomainError `conflict` when the address is taken, whatever its case;
   * `invalid_value` for what is no address or plan.
   */
  async create(tx: Tx, draft: AccountDraft): Promise<Account> {
    const { plan = 'free', passwordHash = null, seeded = false } = draft;
    checkOneOf('plan', plan, PLAN_NAMES);
    const [account] = await tx.query<Account>({
      text: `INSERT INTO accounts (id, email, plan, password_hash, seeded)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (email) DO NOTHING
             RETURNING ${COLUMNS}`,
      values: [newId(), normaliseEmail(draft.email), plan, passwordHash, seeded],
    });
    if (!account) throw emailTaken();
    return account;
  }

  /** @throws DomainError `not_found`, for ids that are no ids as well. */
  async getOrThrow(id: string): Promise<Account> {
    const [account] = isId(id)
      ? await this.database.query<Account>({
          name: 'accounts-get',
          text: `SELECT ${COLUMNS} FROM accounts WHERE id = $1`,
          values: [id],
        })
      : [];
    if (!account) throw notFound('account');
    return account;
  }

  /**
   * What a sign-in is compared with; null for what is no address of an account.
   * `passwordHash` is null where nobody can sign in.
   */
  async findLogin(email: string): Promise<{ id: string; passwordHash: string | null } | null> {
    const address = storedEmail(email);
    if (address === null) return null;
    const [login] = await this.database.query<{ id: string; passwordHash: string | null }>({
      name: 'accounts-login',
      text: `SELECT id, password_hash AS "passwordHash" FROM accounts WHERE email = $1`,
      values: [address],
    });
    return login ?? null;
  }

  /**
   * @param passwordHash argon2id, from `PasswordHasher`; null: nobody signs in any more
   * @throws DomainError `not_found`
   */
  async setPassword(tx: Tx, id: string, passwordHash: string | null): Promise<void> {
    const changed = isId(id)
      ? await tx.query({
          text: 'UPDATE accounts SET password_hash = $2 WHERE id = $1 RETURNING id',
          values: [id, passwordHash],
        })
      : [];
    if (changed.length === 0) throw notFound('account');
  }

  /** Oldest first, with the number of all accounts. `limit` and `offset` are the edge's to bound. */
  async list(page: {
    readonly limit: number;
    readonly offset: number;
  }): Promise<{ accounts: Account[]; total: number }> {
    const accounts = await this.database.query<Account>({
      text: `SELECT ${COLUMNS} FROM accounts ORDER BY created_at, id LIMIT $1 OFFSET $2`,
      values: [page.limit, page.offset],
    });
    const [{ total }] = await this.database.query<{ total: bigint }>({
      text: 'SELECT count(*) AS total FROM accounts',
    });
    return { accounts, total: Number(total) };
  }

  /**
   * Holds the account's credit row, which accept locks first: whatever is
   * accepted after this returns has seen the change, and nothing on this node
   * is priced by what was cached before it.
   *
   * @throws DomainError `not_found`, `invalid_value`
   */
  async patch(id: string, change: AccountChange): Promise<Account> {
    checkChange(change);
    if (!isId(id)) throw notFound('account');
    const account = await this.unitOfWork.run(async (tx) => {
      await tx.query({
        text: 'SELECT 1 FROM credit_accounts WHERE account_id = $1 FOR UPDATE',
        values: [id],
      });
      const [changed] = await tx.query<Account>({
        text: `UPDATE accounts
                  SET plan = coalesce($2, plan), status = coalesce($3, status),
                      price_factor = coalesce($4, price_factor)
                WHERE id = $1
            RETURNING ${COLUMNS}`,
        values: [id, change.plan ?? null, change.status ?? null, change.priceFactor ?? null],
      });
      if (!changed) throw notFound('account');
      await this.changes.bump(tx, 'accounts');
      return changed;
    });
    await this.changes.poll();
    return account;
  }
}

function storedEmail(email: string): string | null {
  try {
    return normaliseEmail(email);
  } catch {
    return null;
  }
}

function checkChange({ plan, status, priceFactor }: AccountChange): void {
  if (plan !== undefined) checkOneOf('plan', plan, PLAN_NAMES);
  if (status !== undefined) checkOneOf('status', status, ACCOUNT_STATUSES);
  if (priceFactor !== undefined) checkPriceFactor(priceFactor);
}
