import { Injectable } from '@nestjs/common';
import { PlansService, type PlanName } from '../accounts/index.js';
import { DomainError, notFound } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import { ChangeFeed, Database, type Tx, UnitOfWork } from '../database/index.js';
import { type ApiKey, KEY_COLUMNS, type KeyChange, type KeyDraft } from './api-key.js';
import { KeyAuthenticator } from './key-authenticator.js';
import { checkDraft, checkExpiry, checkSettings, mergeLimits, named } from './key-rules.js';
import { hashSecret, mintSecret, shownPrefix } from './secret.js';

const MAX_LISTED = 1000;

/** The only writer of `api_keys`. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: ChangeFeed,
    private readonly plans: PlansService,
    private readonly authenticator: KeyAuthenticator,
  ) {}

  /**
   * Makes a key. The secret is in this answer and nowhere else, ever.
   *
   * Takes the caller's transaction, so that an account and its first key can
   * be made together. Whether `models` exist is the caller's to check: a key
   * may outlive a model.
   *
   * @throws DomainError `invalid_value`; `not_found` for the account;
   * `conflict` when the account's plan allows no more keys.
   */
  async create(
    tx: Tx,
    accountId: string,
    draft: KeyDraft,
  ): Promise<{ key: ApiKey; secret: string }> {
    const settings = checkDraft(draft);
    checkExpiry(settings.expiresAt);
    await this.makeRoom(tx, accountId);
    const secret = mintSecret(settings.style, settings.mode);
    const [key] = await tx.query<ApiKey>({
      text: `INSERT INTO api_keys AS k (id, account_id, name, prefix, secret_hash, style, profile,
               mode, scopes, models, allowed_cidrs, limits, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             RETURNING ${KEY_COLUMNS}`,
      values: [
        newId(),
        accountId,
        settings.name,
        shownPrefix(secret),
        hashSecret(secret),
        settings.style,
        settings.profile,
        settings.mode,
        settings.scopes,
        settings.models,
        settings.allowedCidrs,
        JSON.stringify(settings.limits),
        settings.expiresAt,
      ],
    });
    await this.changes.bump(tx, 'api_keys');
    return { key, secret };
  }

  /** Newest first, revoked ones included; empty for an account that does not exist. */
  async list(accountId: string): Promise<ApiKey[]> {
    if (!isId(accountId)) return [];
    return this.database.query<ApiKey>({
      text: `SELECT ${KEY_COLUMNS} FROM api_keys k WHERE k.account_id = $1
              ORDER BY k.created_at DESC, k.id DESC LIMIT ${MAX_LISTED}`,
      values: [accountId],
    });
  }

  /**
   * Effective on this node at once, on the others within a second.
   *
   * @throws DomainError `not_found`, also for revoked keys; `invalid_value`
   */
  async patch(id: string, change: KeyChange): Promise<ApiKey> {
    checkExpiry(change.expiresAt);
    return this.change(id, async (tx, current) => {
      if (current.revokedAt) throw notFound('API key');
      const limits = mergeLimits(current.limits, change.limits);
      const next = checkSettings({ ...current, ...named(change), limits });
      return tx.query<ApiKey>({
        text: `UPDATE api_keys k
                  SET name = $2, profile = $3, scopes = $4, models = $5, allowed_cidrs = $6,
                      limits = $7, expires_at = $8
                WHERE k.id = $1
            RETURNING ${KEY_COLUMNS}`,
        values: [
          id,
          next.name,
          next.profile,
          next.scopes,
          next.models,
          next.allowedCidrs,
          JSON.stringify(next.limits),
          next.expiresAt,
        ],
      });
    });
  }

  /**
   * Final, and done once: revoking again keeps the first date. Accepted work
   * finishes and is charged; nothing is accepted after this returns, because
   * accept locks the same credit row and reads the key behind it.
   *
   * @throws DomainError `not_found`
   */
  async revoke(id: string): Promise<ApiKey> {
    return this.change(id, (tx) => {
      return tx.query<ApiKey>({
        text: `UPDATE api_keys k SET revoked_at = coalesce(k.revoked_at, clock_timestamp())
                WHERE k.id = $1
            RETURNING ${KEY_COLUMNS}`,
        values: [id],
      });
    });
  }

  private async change(
    id: string,
    work: (tx: Tx, current: ApiKey) => Promise<ApiKey[]>,
  ): Promise<ApiKey> {
    if (!isId(id)) throw notFound('API key');
    const changed = await this.unitOfWork.run(async (tx) => {
      const [key] = await work(tx, await this.lock(tx, id));
      await this.changes.bump(tx, 'api_keys');
      return key;
    });
    this.authenticator.forget();
    return changed;
  }

  /** The account's credit row first, as accept does: the other order would deadlock with it. */
  private async lock(tx: Tx, id: string): Promise<ApiKey> {
    await tx.query({
      text: `SELECT 1 FROM credit_accounts
              WHERE account_id = (SELECT account_id FROM api_keys WHERE id = $1) FOR UPDATE`,
      values: [id],
    });
    const [key] = await tx.query<ApiKey>({
      text: `SELECT ${KEY_COLUMNS} FROM api_keys k WHERE k.id = $1 FOR NO KEY UPDATE`,
      values: [id],
    });
    if (!key) throw notFound('API key');
    return key;
  }

  /** Locks the account, so that parallel creations count each other. */
  private async makeRoom(tx: Tx, accountId: string): Promise<void> {
    const [account] = isId(accountId)
      ? await tx.query<{ plan: PlanName }>({
          text: 'SELECT plan FROM accounts WHERE id = $1 FOR NO KEY UPDATE',
          values: [accountId],
        })
      : [];
    if (!account) throw notFound('account');
    const { keys: most } = this.plans.limitsOf(account.plan);
    if (most === undefined) return;
    const [{ used }] = await tx.query<{ used: bigint }>({
      text: 'SELECT count(*) AS used FROM api_keys WHERE account_id = $1 AND revoked_at IS NULL',
      values: [accountId],
    });
    if (used >= BigInt(most)) {
      throw new DomainError('conflict', `The plan of this account allows ${most} API keys.`, {
        param: 'keys',
      });
    }
  }
}
