import { Injectable } from '@nestjs/common';
import { AccountsService, PasswordHasher } from '../accounts/index.js';
import { AuditLog } from '../audit/index.js';
import { UnitOfWork } from '../database/index.js';
import { Sessions } from '../sessions/index.js';

/** Passwords that the operator sets: there is nobody else who could know whose they are. */
@Injectable()
export class AccountPasswords {
  constructor(
    private readonly accounts: AccountsService,
    private readonly hasher: PasswordHasher,
    private readonly sessions: Sessions,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Every session of the account ends with the password it began with.
   *
   * @param password null: nobody signs in any more
   * @throws DomainError `not_found`; `invalid_value` for a password that is too short or long
   */
  async set(accountId: string, password: string | null): Promise<void> {
    const hash = password === null ? null : await this.hasher.hash(password);
    await this.unitOfWork.run(async (tx) => {
      await this.accounts.setPassword(tx, accountId, hash);
      await this.sessions.endAllOf(tx, accountId);
      await this.audit.record(tx, {
        action: 'account.password',
        subject: accountId,
        details: { change: password === null ? 'removed' : 'set' },
      });
    });
  }
}
