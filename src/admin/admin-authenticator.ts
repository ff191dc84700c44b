import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { DomainError } from '../common/domain-error.js';
import { networkOf } from '../common/network-of.js';
import { Env } from '../config/index.js';
import { Database } from '../database/index.js';
import { logger } from '../observability/logger.js';

/** Where bootstrap leaves the SHA-256 (hex) of a generated key. */
export const ADMIN_KEY_SETTING = 'admin_api_key_sha256';

/** A key that was replaced is refused within this time. */
const REMEMBER_MS = 5_000;
/** Wrong keys per minute and address before guesses are slowed down. */
const FREE_FAILURES = 60;
/** One space and visible ASCII, as every client sends it. */
const BEARER = /^bearer ([\x21-\x7e]{1,256})$/i;

const log = logger('admin');

/**
 * Decides who is the operator. Keys are compared by their SHA-256 in constant
 * time. An address that sent many wrong keys gets one comparison a second: too
 * few to guess with, while the operator behind the same proxy still gets in.
 */
@Injectable()
export class AdminAuthenticator {
  private readonly failures = new RateLimiterMemory({ points: FREE_FAILURES, duration: 60 });
  private readonly guesses = new RateLimiterMemory({ points: 1, duration: 1 });
  private readonly pinned: Buffer | null;
  private stored: { readonly hash: Buffer | null; readonly until: number } | null = null;

  constructor(
    env: Env,
    private readonly database: Database,
  ) {
    this.pinned = env.ADMIN_API_KEY === undefined ? null : sha256(env.ADMIN_API_KEY);
  }

  /**
   * Returns when the request carries the admin key.
   *
   * @throws DomainError `invalid_api_key`, the same for every kind of wrong;
   * `rate_limit_exceeded` after many of them.
   */
  async authenticate(request: Request): Promise<void> {
    const network = networkOf(request.ip);
    await this.slowDown(network);
    const secret = bearerOf(request);
    const expected = secret === null ? null : await this.expectedHash();
    if (secret !== null && expected && timingSafeEqual(sha256(secret), expected)) return;
    await this.failures.penalty(network);
    log.warn('Admin key refused', { from: request.ip });
    throw new DomainError('invalid_api_key', 'Missing or invalid admin key.');
  }

  private async slowDown(network: string): Promise<void> {
    const seen = await this.failures.get(network);
    if (!seen || seen.consumedPoints < FREE_FAILURES) return;
    try {
      await this.guesses.consume(network);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw new DomainError('rate_limit_exceeded', 'Too many wrong admin keys.', {
        retryAfterSeconds: 1,
      });
    }
  }

  private async expectedHash(): Promise<Buffer | null> {
    if (this.pinned) return this.pinned;
    if (!this.stored || this.stored.until < performance.now()) {
      const [row] = await this.database.query<{ value: string }>({
        name: 'admin-key-hash',
        text: 'SELECT value FROM settings WHERE key = $1',
        values: [ADMIN_KEY_SETTING],
      });
      this.stored = { hash: hashOf(row?.value), until: performance.now() + REMEMBER_MS };
    }
    return this.stored.hash;
  }
}

function bearerOf({ headers, rawHeaders }: Request): string | null {
  const sent = rawHeaders.filter((name, i) => i % 2 === 0 && /^authorization$/i.test(name));
  if (sent.length !== 1) return null;
  return BEARER.exec(headers.authorization ?? '')?.[1] ?? null;
}

function hashOf(hex: string | undefined): Buffer | null {
  return hex !== undefined && /^[0-9a-f]{64}$/i.test(hex) ? Buffer.from(hex, 'hex') : null;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
