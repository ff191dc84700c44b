import type { KeyLimits, KeyMode, KeyStyle, Profile, Scope } from './caller.js';

/** The record of a key. The secret is not part of it: only its hash is stored. */
export interface ApiKey {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  /** First characters of the secret, to recognise it by. */
  readonly prefix: string;
  readonly style: KeyStyle;
  readonly profile: Profile;
  readonly mode: KeyMode;
  /** `null`: all. */
  readonly scopes: readonly Scope[] | null;
  /** Catalog names; `null`: all. */
  readonly models: readonly string[] | null;
  /** Networks in canonical form; `null`: any address. */
  readonly allowedCidrs: readonly string[] | null;
  readonly limits: KeyLimits;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** Up to ten seconds late: uses are written in batches. */
  readonly lastUsedAt: Date | null;
  readonly createdAt: Date;
}

/** What an owner may set, now or later. */
export interface KeySettings {
  readonly name: string;
  readonly profile?: Profile;
  readonly scopes?: readonly Scope[] | null;
  readonly models?: readonly string[] | null;
  readonly allowedCidrs?: readonly string[] | null;
  readonly limits?: KeyLimits;
  readonly expiresAt?: Date | null;
}

/** Style and mode are part of the secret and can never change. */
export interface KeyDraft extends KeySettings {
  readonly style?: KeyStyle;
  readonly mode?: KeyMode;
}

/** Limits that a key's owner names; `null` lifts one. */
export type KeyLimitsChange = { readonly [Name in keyof KeyLimits]: KeyLimits[Name] | null };

/** What is left out stays; `null` lifts a restriction, also within `limits`. */
export type KeyChange = Partial<Omit<KeySettings, 'limits'>> & {
  readonly limits?: KeyLimitsChange | null;
};

/** The columns of `ApiKey` as one select list. `k` is the table. */
export const KEY_COLUMNS = `k.id, k.account_id AS "accountId", k.name, k.prefix, k.style, k.profile,
  k.mode, k.scopes, k.models, k.allowed_cidrs AS "allowedCidrs", k.limits,
  k.expires_at AS "expiresAt", k.revoked_at AS "revokedAt", k.last_used_at AS "lastUsedAt",
  k.created_at AS "createdAt"`;
