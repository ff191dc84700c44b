import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AccountsService, PasswordHasher } from '../accounts/index.js';
import { networkOf } from '../common/network-of.js';
import { Sessions } from './sessions.service.js';
import { Throttle, type ThrottleRule } from './throttle.service.js';

export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** Peer address as the proxy settings make it out. */
  readonly ip: string | undefined;
}

const PER_ACCOUNT: ThrottleRule = { tries: 10, seconds: 900 };
/** An office behind one address has several people. */
const PER_ADDRESS: ThrottleRule = { tries: 30, seconds: 900 };

/**
 * Signs people in by e-mail and password. Every try counts before the password is
 * looked at, for an address of nobody like for a customer's: neither answers,
 * times nor limits tell who has an account.
 */
@Injectable()
export class SignIn {
  constructor(
    private readonly accounts: AccountsService,
    private readonly passwords: PasswordHasher,
    private readonly sessions: Sessions,
    private readonly throttle: Throttle,
  ) {}

  /**
   * @returns the token of a new session, or null for every kind of wrong
   * @throws DomainError `rate_limit_exceeded` after many tries
   */
  async try({ email, password, ip }: Credentials): Promise<string | null> {
    const person = subjectOf(email);
    await this.throttle.take(`sign-in from ${networkOf(ip)}`, PER_ADDRESS);
    await this.throttle.take(person, PER_ACCOUNT);
    const login = await this.accounts.findLogin(email);
    const stored = login?.passwordHash ?? null;
    if (!(await this.passwords.verify(stored, password)) || !login || !stored) return null;
    const token = await this.sessions.open(login.id, stored);
    if (token !== null) await this.throttle.forget(person);
    return token;
  }
}

/** Of one length, and no address of a person in a table of counts. */
function subjectOf(email: string): string {
  const text = email.trim().normalize('NFC').toLowerCase();
  return `sign-in as ${createHash('sha256').update(text).digest('hex')}`;
}
