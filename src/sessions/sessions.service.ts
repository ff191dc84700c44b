import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '../database/index.js';

/** Who is signed in. */
export interface Session {
  readonly accountId: string;
  readonly email: string;
}

/** Seconds; a session ends this long after its sign-in, whatever happens. */
export const SESSION_SECONDS = 7 * 24 * 3600;
/** A session that nobody uses ends earlier. */
const IDLE_SECONDS = 24 * 3600;
/** A use is noted only so often. */
const NOTE_SECONDS = 300;

const LIVES = `s.created_at > now() - make_interval(secs => ${SESSION_SECONDS})
  AND s.used_at > now() - make_interval(secs => ${IDLE_SECONDS})`;

/** 256 random bits; whoever has them is signed in. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Sessions as rows, so that one ends on every node at once. The token itself is
 * with the browser only: a copy of the database signs nobody in.
 */
@Injectable()
export class Sessions {
  constructor(private readonly database: Database) {}

  /**
   * Opens a session for an account whose password was compared with `passwordHash`.
   *
   * @returns null when the password was changed, or the account suspended, meanwhile
   */
  async open(accountId: string, passwordHash: string): Promise<string | null> {
    const token = newToken();
    // The share lock waits for a change of password, which ends the sessions there are.
    const rows = await this.database.query({
      name: 'sessions_open',
      text: `WITH account AS (
               SELECT id FROM accounts
                WHERE id = $2 AND password_hash = $3 AND status = 'active' FOR SHARE)
             INSERT INTO sessions (token_hash, account_id) SELECT $1, id FROM account
             RETURNING account_id`,
      values: [hashOf(token), accountId, passwordHash],
    });
    return rows.length > 0 ? token : null;
  }

  /** Null for a token that never was, has expired or was signed out. */
  async find(token: string): Promise<Session | null> {
    const [row] = await this.database.query<Session & { stale: boolean }>({
      name: 'sessions_find',
      text: `SELECT s.account_id AS "accountId", a.email,
                    s.used_at < now() - make_interval(secs => ${NOTE_SECONDS}) AS stale
               FROM sessions s JOIN accounts a ON a.id = s.account_id
              WHERE s.token_hash = $1 AND a.status = 'active' AND ${LIVES}`,
      values: [hashOf(token)],
    });
    if (!row) return null;
    if (row.stale) await this.note(token);
    return { accountId: row.accountId, email: row.email };
  }

  async end(token: string): Promise<void> {
    await this.database.query({
      name: 'sessions_end',
      text: 'DELETE FROM sessions WHERE token_hash = $1',
      values: [hashOf(token)],
    });
  }

  /** Takes the transaction that changes the password: whoever knew the old one is out with it. */
  async endAllOf(tx: Tx, accountId: string): Promise<void> {
    await tx.query({ text: 'DELETE FROM sessions WHERE account_id = $1', values: [accountId] });
  }

  private async note(token: string): Promise<void> {
    await this.database.query({
      name: 'sessions_note',
      text: 'UPDATE sessions SET used_at = clock_timestamp() WHERE token_hash = $1',
      values: [hashOf(token)],
    });
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
