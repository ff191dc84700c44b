import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';

/** Whom a request comes from, before its body is known. */
export interface Asker {
  readonly accountId: string;
  readonly apiKeyId: string;
  readonly idempotencyKey: string | null;
}

/**
 * Tells requests that may lead back to an earlier generation from those that
 * can only be new, before their body is read (design §2: a repeat costs nothing).
 */
@Injectable()
export class Repeats {
  constructor(private readonly database: Database) {}

  /**
   * Whether the account has bound this Idempotency-Key, or the key has had an
   * edit in the last quarter of an hour whose answer may have been lost.
   *
   * @throws DatabaseUnavailableError
   */
  async mayBeOne({ accountId, apiKeyId, idempotencyKey }: Asker): Promise<boolean> {
    const [{ may }] = await this.database.query<{ may: boolean }>({
      name: 'relay_may_repeat',
      text: `SELECT EXISTS (
                      SELECT 1 FROM idempotency_keys k
                       WHERE k.account_id = $1 AND k.key = $3 AND k.expires_at > now())
                 OR EXISTS (
                      SELECT 1 FROM generations g
                       WHERE g.api_key_id = $2 AND g.id >= easel_id_floor(now() - interval '15 min')
                         AND g.operation = 'edit'
                         AND (g.undelivered OR g.status IN ('pending', 'processing'))) AS may`,
      values: [accountId, apiKeyId, idempotencyKey],
    });
    return may;
  }
}
