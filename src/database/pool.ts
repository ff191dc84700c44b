import pg from 'pg';

/** One request may wait for a connection this long, and for an answer this long (design §8: 503 in 2 s). */
const CONNECT_TIMEOUT_MS = 1_000;
export const QUERY_TIMEOUT_MS = 1_500;

const INT8: number = pg.types.builtins.INT8;

/** `int8` is money or a count: a `bigint`, never a float, never a string to be added to. */
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
    if (oid === INT8 && format !== 'binary') return BigInt;
    return pg.types.getTypeParser(oid, format) as (value: string) => unknown;
  },
};

export interface ConnectionSettings {
  readonly url: string;
  /** For LISTEN, when `url` is a pooler; the same otherwise. */
  readonly directUrl?: string;
  /** The URL names a pooler, which refuses settings in the start-up packet. */
  readonly pooled: boolean;
  /** Role to act as, when the login role is the owner. */
  readonly role: string | null;
  /** Connections this process may open to serve requests; one more listens. */
  readonly poolSize?: number;
}

/** Settings of every connection that serves requests, for `pg` and TypeORM alike. */
export function poolOptions({ url, pooled, role }: ConnectionSettings, max: number): pg.PoolConfig {
  return {
    connectionString: url,
    max,
    types,
    application_name: 'easel',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    // A burst on a busy machine should find connections, not make them.
    idleTimeoutMillis: 300_000,
    keepAlive: true,
    ...(pooled
      ? {}
      : {
          statement_timeout: 5_000,
          lock_timeout: QUERY_TIMEOUT_MS,
          idle_in_transaction_session_timeout: 10_000,
          // Times in ISO form, whatever the server's habit; compiling a short statement takes a second.
          options: `-c datestyle=ISO -c jit=off${role ? ` -c role=${role}` : ''}`,
        }),
  };
}
