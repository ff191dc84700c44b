import type { Socket } from 'node:net';
import pg from 'pg';
import { poolOptions } from '../../../src/database/pool.js';
import { APPLICATION_ROLE } from '../../../src/database/index.js';
import { clock } from './clock.js';
import { nearest } from './near.js';

/** `idle_in_transaction_session_timeout` of the pool, ms. */
const IDLE_TRANSACTION_MS = 10_000;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Makes `clock_timestamp()` the simulated time for whoever's search path begins
 * with `sim`: leases, deadlines and Idempotency-Keys then run out without waiting.
 */
export const SIMULATED_TIME = `
CREATE SCHEMA sim;
GRANT USAGE ON SCHEMA sim TO ${APPLICATION_ROLE};
CREATE FUNCTION sim.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS
  $$ SELECT to_timestamp(current_setting('sim.now')::float8) $$;
`;

/**
 * Questions without values that every process asks at every look for work: at one
 * moment, with nothing else said in between, they have one answer.
 */
const READS: ReadonlySet<string> = new Set(['workers_live', 'relay_pending_models']);

/** A statement need not wait for the answer to the one before it. */
const PIPELINED = { pipeline: true };

/** One connection; several of them make transactions that wait for each other. */
class Session {
  private told = Number.NaN;

  private constructor(private readonly client: pg.Client) {}

  static async open(server: pg.ClientConfig, role: string | null): Promise<Session> {
    const { types } = poolOptions({ url: '', pooled: false, role }, 1);
    const act = role ? `-c role=${role} ` : '';
    const client = new pg.Client({
      ...server,
      types,
      // Nobody else is served meanwhile, so a lock that is taken stays taken. Planning a short
      // statement anew costs more than running it.
      options:
        `${act}-c search_path=sim,pg_catalog,public -c lock_timeout=5ms ` +
        '-c jit=off -c plan_cache_mode=force_generic_plan',
      ...PIPELINED,
    });
    await client.connect();
    return new Session(client);
  }

  /** @param config.ahead comes before it, on the same way */
  query(config: pg.QueryConfig & { ahead?: string }): Promise<pg.QueryResult> {
    const ahead = config.ahead ? [config.ahead] : [];
    if (this.told !== clock.unixMs) ahead.push(`SET sim.now = '${clock.unixMs / 1000}'`);
    this.told = clock.unixMs;
    if (ahead.length === 0) return this.client.query(config);
    const { stream } = (this.client as unknown as { connection: { stream: Socket } }).connection;
    stream.cork();
    // If one of these fails, so does the statement.
    for (const text of ahead) this.client.query(text).catch(() => undefined);
    const result = this.client.query(config);
    stream.uncork();
    return result;
  }

  close(): Promise<void> {
    return this.client.end();
  }
}

/** An open transaction of some process, as the server sees it. */
export class OpenTransaction {
  isBroken = false;
  /** What it did, for those who want to know when it is committed. */
  readonly statements: pg.QueryConfig[] = [];
  lastAt = clock.nowMs;

  constructor(readonly session: Session) {}
}

/** The real PostgreSQL behind the ports: one statement at a time. */
export class PhysicalDatabase {
  private readonly spare: Session[] = [];
  private readonly open = new Set<OpenTransaction>();
  private readonly names = new Map<string, string>();
  /** Answers that hold until somebody else says anything. */
  private readonly known = new Map<string, Promise<pg.QueryResult>>();
  private released = false;

  private constructor(
    private readonly server: pg.ClientConfig,
    private readonly main: Session,
    /** The harness's own view, as the owner. */
    private readonly own: Session,
  ) {}

  static async connect(url: string): Promise<PhysicalDatabase> {
    const server = await nearest(url);
    const main = await Session.open(server, APPLICATION_ROLE);
    return new PhysicalDatabase(server, main, await Session.open(server, null));
  }

  /** A statement outside any transaction. */
  query(config: pg.QueryConfig): Promise<pg.QueryResult> {
    const question = READS.has(config.name ?? '') ? `${config.name} ${clock.unixMs}` : null;
    if (question === null) this.known.clear();
    else if (this.known.has(question)) return this.known.get(question)!;
    const answer = this.main.query(config);
    if (question !== null) this.known.set(question, answer);
    return answer;
  }

  /** For checks and set-up; never a port. Planned once for each text. */
  async ask<T>(text: string, values: unknown[] = []): Promise<T[]> {
    this.known.clear();
    const name = this.names.get(text) ?? `ask_${this.names.size}`;
    this.names.set(text, name);
    return (await this.own.query({ name, text, values })).rows as T[];
  }

  async begin(): Promise<OpenTransaction> {
    const session = this.spare.pop() ?? (await Session.open(this.server, APPLICATION_ROLE));
    const transaction = new OpenTransaction(session);
    this.open.add(transaction);
    return transaction;
  }

  /** A statement inside a transaction; after waiting in vain for a lock it may be repeated. */
  async inside(transaction: OpenTransaction, config: pg.QueryConfig): Promise<pg.QueryResult> {
    if (transaction.isBroken) throw new Error('Connection terminated unexpectedly');
    transaction.lastAt = clock.nowMs;
    this.known.clear();
    const { session } = transaction;
    const ends = /^(COMMIT|ROLLBACK)$/.test(config.text);
    if (/^(BEGIN|COMMIT|ROLLBACK)/.test(config.text)) {
      const result = await session.query(config);
      if (ends) this.finish(transaction);
      return result;
    }
    try {
      const result = await session.query({ ...config, ahead: 'SAVEPOINT lock' });
      transaction.statements.push(config);
      return result;
    } catch (error) {
      if (isLockTimeout(error)) await session.query({ text: 'ROLLBACK TO SAVEPOINT lock' });
      throw error;
    }
  }

  private async abandon(transaction: OpenTransaction): Promise<void> {
    if (!this.open.has(transaction)) return;
    transaction.isBroken = true;
    await transaction.session.query({ text: 'ROLLBACK' });
    this.finish(transaction);
  }

  /** Rolls back what lost its connection or was idle too long. True when locks were let go since the last call. */
  async upkeep(): Promise<boolean> {
    for (const transaction of [...this.open]) {
      const isIdle = clock.nowMs - transaction.lastAt > IDLE_TRANSACTION_MS;
      if (transaction.isBroken || isIdle) await this.abandon(transaction);
    }
    const { released } = this;
    this.released = false;
    return released;
  }

  async close(): Promise<void> {
    await Promise.all([this.main, this.own, ...this.spare].map((session) => session.close()));
  }

  private finish(transaction: OpenTransaction): void {
    if (!this.open.delete(transaction)) return;
    this.spare.push(transaction.session);
    this.released = true;
  }
}

export function isLockTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === LOCK_NOT_AVAILABLE;
}
