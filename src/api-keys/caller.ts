export type Scope = 'images.create' | 'images.read' | 'account.read';
export const SCOPES: readonly Scope[] = ['images.create', 'images.read', 'account.read'];

export type Profile = 'openai' | 'aiimg' | 'aiai';
export type KeyStyle = 'easel' | 'aiimg' | 'gip';
export type KeyMode = 'live' | 'test';

export const PROFILES: readonly Profile[] = ['openai', 'aiimg', 'aiai'];
export const KEY_STYLES: readonly KeyStyle[] = ['easel', 'aiimg', 'gip'];
export const KEY_MODES: readonly KeyMode[] = ['live', 'test'];

/** Limits of one key; a limit that is not set does not exist. Credits are wire credits. */
export interface KeyLimits {
  readonly requestsPerMinute?: number;
  readonly concurrency?: number;
  readonly imagesPerDay?: number;
  readonly creditsPerDay?: number;
  readonly creditsPerMonth?: number;
}

/**
 * Who a request acts for. Read from a short-lived cache: whatever spends is
 * checked again inside accept, where revocation is exact (design §2).
 */
export interface Caller {
  readonly accountId: string;
  readonly plan: 'free' | 'paid';
  /** Permille, 1000 = list price. */
  readonly priceFactor: number;
  readonly keyId: string;
  readonly keyName: string;
  readonly keyPrefix: string;
  readonly mode: KeyMode;
  readonly profile: Profile;
  /** `null`: all. */
  readonly scopes: readonly Scope[] | null;
  /** Catalog names this key may ask for; `null`: all. */
  readonly models: readonly string[] | null;
  readonly allowedCidrs: readonly string[] | null;
  readonly limits: KeyLimits;
  readonly expiresAt: Date | null;
}
