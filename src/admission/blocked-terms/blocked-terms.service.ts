import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AccountsService } from '../../accounts/index.js';
import { DomainError } from '../../common/domain-error.js';
import { ChangeFeed, Database, UnitOfWork } from '../../database/index.js';
import { TermMatcher } from './term-matcher.js';

/** Terms nobody may ask for, as the operator wrote them. */
export interface TermList {
  readonly terms: readonly string[];
  readonly changedAt: Date;
}

interface ListRow extends TermList {
  readonly accountId: string | null;
}

/** Of what has no list of its own. */
const EVERYBODY = null;
const NOTHING = new TermMatcher([]);

/**
 * The operator's blocked terms: one list for everybody, and lists that stand in
 * its place for single accounts. Kept in memory and read again whenever one of
 * them changes, on every node.
 */
@Injectable()
export class BlockedTerms implements OnModuleInit {
  private matchers = new Map<string | null, TermMatcher>();

  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: ChangeFeed,
    private readonly accounts: AccountsService,
  ) {}

  async onModuleInit(): Promise<void> {
    this.changes.onChange('blocked_terms', () => this.load());
    await this.load();
  }

  /**
   * Never asks the database, and never says which term it was.
   *
   * @throws DomainError `content_policy_violation`
   */
  refuse(accountId: string, prompt: string): void {
    const matcher = this.matchers.get(accountId) ?? this.matchers.get(EVERYBODY) ?? NOTHING;
    if (!matcher.matches(prompt)) return;
    throw new DomainError(
      'content_policy_violation',
      'The prompt holds a term that is not allowed here. Nothing was charged.',
      { param: 'prompt' },
    );
  }

  /**
   * @param accountId null: the list for everybody
   * @returns null where there is no such list
   * @throws DomainError `not_found` for an unknown account
   */
  async find(accountId: string | null): Promise<TermList | null> {
    if (accountId !== null) await this.accounts.getOrThrow(accountId);
    const rows = await this.read();
    return rows.find((row) => row.accountId === accountId) ?? null;
  }

  /** @throws DomainError `not_found` for an unknown account */
  async replace(accountId: string | null, terms: readonly string[]): Promise<TermList> {
    if (accountId !== null) await this.accounts.getOrThrow(accountId);
    const list = await this.unitOfWork.run(async (tx) => {
      const [stored] = await tx.query<TermList>({
        text: `INSERT INTO blocked_terms (account_id, terms) VALUES ($1, $2)
               ON CONFLICT (coalesce(account_id, '00000000-0000-0000-0000-000000000000'))
               DO UPDATE SET terms = excluded.terms, changed_at = clock_timestamp()
               RETURNING terms, changed_at AS "changedAt"`,
        values: [accountId, [...new Set(terms)]],
      });
      await this.changes.bump(tx, 'blocked_terms');
      return stored;
    });
    await this.load();
    return list;
  }

  /** The account goes by the list for everybody again. @throws DomainError `not_found` */
  async remove(accountId: string): Promise<void> {
    await this.accounts.getOrThrow(accountId);
    await this.unitOfWork.run(async (tx) => {
      await tx.query({
        text: 'DELETE FROM blocked_terms WHERE account_id = $1',
        values: [accountId],
      });
      await this.changes.bump(tx, 'blocked_terms');
    });
    await this.load();
  }

  private async load(): Promise<void> {
    const rows = await this.read();
    this.matchers = new Map(
      rows.map(({ accountId, terms }) => [accountId, new TermMatcher(terms)]),
    );
  }

  private read(): Promise<ListRow[]> {
    return this.database.query<ListRow>({
      name: 'blocked_terms_load',
      text: `SELECT account_id AS "accountId", terms, changed_at AS "changedAt" FROM blocked_terms`,
    });
  }
}
