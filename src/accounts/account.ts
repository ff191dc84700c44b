import { DomainError, invalidValue } from '../common/domain-error.js';
import { isStorableText } from '../common/text.js';
import type { PlanName } from './plan.js';

export type AccountStatus = 'active' | 'suspended';
export const ACCOUNT_STATUSES: readonly AccountStatus[] = ['active', 'suspended'];

/** Who owns keys, credits and generations. Its credits belong to the credits module. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly plan: PlanName;
  readonly status: AccountStatus;
  /** Permille of list price, 1000 = list price. */
  readonly priceFactor: number;
  /** Made by the first start, not by an operator. */
  readonly seeded: boolean;
  readonly createdAt: Date;
}

export interface AccountDraft {
  readonly email: string;
  readonly plan?: PlanName;
  /** argon2id, from `PasswordHasher`; without one nobody can sign in. */
  readonly passwordHash?: string;
  readonly seeded?: boolean;
}

/** What is left out stays as it is. */
export interface AccountChange {
  readonly plan?: PlanName;
  readonly status?: AccountStatus;
  readonly priceFactor?: number;
}

/** What SMTP can carry (RFC 5321). */
const MAX_EMAIL_LENGTH = 254;
const EMAIL = /^[^@\s\p{C}]+@[^@\s\p{C}]+$/u;
const MAX_PRICE_FACTOR = 1_000_000;

/**
 * The one spelling of an address that is stored and compared.
 *
 * @throws DomainError `invalid_value` for what is no e-mail address.
 */
export function normaliseEmail(email: string): string {
  const text = email.trim().normalize('NFC').toLowerCase();
  if (text.length > MAX_EMAIL_LENGTH || !isStorableText(text) || !EMAIL.test(text)) {
    throw invalidValue('email', 'This is not an e-mail address.');
  }
  return text;
}

/** @throws DomainError `invalid_value` for a factor that is no whole permille, or is free. */
export function checkPriceFactor(factor: number): void {
  if (!Number.isSafeInteger(factor) || factor < 1 || factor > MAX_PRICE_FACTOR) {
    throw invalidValue('priceFactor', 'The price factor is a whole permille of the list price.', {
      accepted: [`1 to ${MAX_PRICE_FACTOR}`],
    });
  }
}

/** @throws DomainError `invalid_value` when `value` is not one of `accepted`. */
export function checkOneOf(param: string, value: string, accepted: readonly string[]): void {
  if (!accepted.includes(value)) throw invalidValue(param, `Unknown ${param}.`, { accepted });
}

export function emailTaken(): DomainError {
  return new DomainError('conflict', 'An account with this e-mail address exists already.', {
    param: 'email',
  });
}
