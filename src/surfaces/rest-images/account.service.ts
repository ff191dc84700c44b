import { Injectable } from '@nestjs/common';
import { AccountsService } from '../../accounts/index.js';
import type { Caller } from '../../api-keys/index.js';
import { floorCredits } from '../../common/credits.js';
import { CreditsService, StatementReader } from '../../credits/index.js';
import type { AccountResponse, ListUsageResponse } from './answers.js';
import { type PageQuery, readPageQuery } from './page-query.js';
import { toCreditTransaction } from './usage.mapper.js';

/** What a key may see of its account's money. */
@Injectable()
export class AccountService {
  constructor(
    private readonly accounts: AccountsService,
    private readonly credits: CreditsService,
    private readonly statements: StatementReader,
  ) {}

  async account({ accountId }: Caller): Promise<AccountResponse> {
    const [{ id, email }, { available }] = await Promise.all([
      this.accounts.getOrThrow(accountId),
      this.credits.balance(accountId),
    ]);
    return { userId: id, email, creditBalance: floorCredits(available) };
  }

  /** @throws DomainError `invalid_value` for a page that cannot be read */
  async usage({ accountId }: Caller, query: PageQuery): Promise<ListUsageResponse> {
    const page = readPageQuery(query);
    const { lines, total } = await this.statements.page(accountId, page.offset, page.limit);
    return { transactions: lines.map(toCreditTransaction), total, ...page };
  }
}
