import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DomainError } from '../common/domain-error.js';
import { ChangeFeed, Database } from '../database/index.js';
import type { Caller } from './caller.js';
import { isInside, type Network, parseNetwork } from './cidr.js';
import { KeyUses } from './key-uses.service.js';
import { hashSecret, isWellFormedSecret } from './secret.js';

/** Bounds what a lost change notice can cost; what spends is checked again inside accept. */
const ENTRY_LIFE_MS = 60_000;
const MAX_KNOWN = 10_000;
/** Well-formed secrets that are no keys: a client with a revoked key retries for days. */
const MAX_UNKNOWN = 1000;

interface KnownKey {
  readonly caller: Caller;
  readonly networks: readonly Network[] | null;
}

/** One generation of remembered answers; replaced as a whole when keys or accounts change. */
class Memory {
  readonly known = new LRUCache<string, KnownKey>({ max: MAX_KNOWN, ttl: ENTRY_LIFE_MS });
  readonly unknown = new LRUCache<string, true>({ max: MAX_UNKNOWN, ttl: ENTRY_LIFE_MS });
  /** Bounded by the requests being served. */
  readonly lookups = new Map<string, Promise<KnownKey | null>>();
}

/**
 * Says who a secret acts for.
 *
 * Unknown, malformed, revoked and expired keys and those of suspended accounts
 * get one and the same error after the same work, so that an answer tells
 * nothing about which secrets exist.
 */
@Injectable()
export class KeyAuthenticator implements OnModuleInit {
  private memory = new Memory();

  constructor(
    private readonly database: Database,
    private readonly changes: ChangeFeed,
    private readonly uses: KeyUses,
  ) {}

  onModuleInit(): void {
    this.changes.onChange('api_keys', () => this.forget());
    this.changes.onChange('accounts', () => this.forget());
  }

  /**
   * @param clientIp peer address as the proxy settings make it out; `undefined`
   * once the socket is gone
   * @throws DomainError `invalid_api_key`; `ip_not_allowed`; `database_unavailable`
   */
  async authenticate(secret: string, clientIp: string | undefined): Promise<Caller> {
    if (!isWellFormedSecret(secret)) throw invalidApiKey();
    const found = await this.find(hashSecret(secret));
    if (!found || isExpired(found.caller)) throw invalidApiKey();
    const { caller, networks } = found;
    if (networks && !isInside(clientIp, networks)) throw ipNotAllowed();
    this.uses.record(caller.keyId);
    return caller;
  }

  /**
   * Drops everything remembered. Lookups under way answer those who wait for
   * them, but land in the memory that was dropped, so that a row read before a
   * revocation is never remembered after it.
   */
  forget(): void {
    this.memory = new Memory();
  }

  private async find(hash: Buffer): Promise<KnownKey | null> {
    const memory = this.memory;
    const id = hash.toString('hex');
    const known = memory.known.get(id);
    if (known) return known;
    if (memory.unknown.has(id)) return null;
    const underWay = memory.lookups.get(id);
    if (underWay) return underWay;
    const lookup = this.lookUp(hash, id, memory).finally(() => memory.lookups.delete(id));
    memory.lookups.set(id, lookup);
    return lookup;
  }

  private async lookUp(hash: Buffer, id: string, memory: Memory): Promise<KnownKey | null> {
    const [caller] = await this.database.query<Caller>({
      name: 'api-keys-authenticate',
      text: CALLER_BY_HASH,
      values: [hash],
    });
    if (!caller) {
      memory.unknown.set(id, true);
      return null;
    }
    const found = { caller: Object.freeze(caller), networks: networksOf(caller) };
    memory.known.set(id, found);
    return found;
  }
}

const CALLER_BY_HASH = `
SELECT a.id AS "accountId", a.plan, a.price_factor AS "priceFactor", k.id AS "keyId",
       k.name AS "keyName", k.prefix AS "keyPrefix", k.mode, k.profile, k.scopes, k.models,
       k.allowed_cidrs AS "allowedCidrs", k.limits, k.expires_at AS "expiresAt"
  FROM api_keys k JOIN accounts a ON a.id = k.account_id
 WHERE k.secret_hash = $1 AND k.revoked_at IS NULL AND a.status = 'active'`;

/** Were an entry unreadable, it would allow nobody rather than everybody. */
function networksOf({ allowedCidrs }: Caller): readonly Network[] | null {
  if (!allowedCidrs) return null;
  return allowedCidrs.map(parseNetwork).filter((network) => network !== null);
}

function isExpired({ expiresAt }: Caller): boolean {
  return expiresAt !== null && expiresAt.getTime() <= Date.now();
}

/**
 * The one error for every key that is none; the guard throws it for a missing
 * one, too. Accept, which may not import this, answers a revoked key in the same words.
 */
export function invalidApiKey(): DomainError {
  return new DomainError('invalid_api_key', 'Invalid API key.');
}

function ipNotAllowed(): DomainError {
  return new DomainError('ip_not_allowed', 'This API key may not be used from this address.');
}
