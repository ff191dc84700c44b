import { EventEmitter } from 'node:events';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { Database } from '../../../src/database/index.js';
import { isLockTimeout, type OpenTransaction, type PhysicalDatabase } from './physical-database.js';
import type { Process, Scheduler } from './scheduler.js';

/** A process with connections of its own. */
export interface Client extends Process {
  readonly transactions: Set<OpenTransaction>;
}

/** The pool's limits (`src/database/pool.ts`): ms for an answer. */
const QUERY_TIMEOUT_MS = 1_500;

/** What the checks learn from statements that took effect, in their order. */
export interface Witness {
  onStatement(config: pg.QueryConfig, rows: readonly Record<string, unknown>[]): void;
  onCommit(statements: readonly pg.QueryConfig[]): void;
}

/** Replaces statements on their way, for planted bugs. */
export type Tamper = (
  config: pg.QueryConfig,
  send: (config: pg.QueryConfig) => Promise<pg.QueryResult>,
) => Promise<pg.QueryResult>;

export interface DatabaseWorld {
  readonly scheduler: Scheduler;
  readonly physical: PhysicalDatabase;
  readonly witness: Witness;
  readonly tamper: Tamper | null;
}

/**
 * `Database` as it is, on a pool whose every statement is a port call. Only the
 * probe's own connection is replaced.
 */
export function createDatabase(world: DatabaseWorld, owner: Client): Database {
  const pool = new PortPool(world, owner);
  const source = { driver: { master: pool } } as unknown as DataSource;
  const database = new Database(source, { url: '', pooled: false, role: null });
  const probe = () => pool.probe();
  (database as unknown as { probe: typeof probe }).probe = probe;
  return database;
}

/**
 * What a process asks when it starts and no run changes, with the answer. Neither
 * a call nor a place to die: a world that dies often would do little but start.
 */
const STANDING: readonly (readonly [RegExp, readonly object[]])[] = [
  [/easel_ensure_partitions/, []],
  [/INTO settings/, []],
  // A real upstream is configured, so the demo is closed.
  [/FROM settings/, [{}]],
];

class PortPool {
  readonly totalCount = 0;
  readonly idleCount = 0;
  readonly waitingCount = 0;

  constructor(
    private readonly world: DatabaseWorld,
    private readonly owner: Client,
  ) {}

  query(config: pg.QueryConfig): Promise<pg.QueryResult> {
    const { tamper } = this.world;
    const standing = STANDING.find(([text]) => text.test(config.text));
    if (standing) return Promise.resolve({ rows: standing[1] } as pg.QueryResult);
    const send = (statement: pg.QueryConfig) => this.send(statement);
    return tamper ? tamper(config, send) : send(config);
  }

  /** Whether the server can be reached is the scheduler's to say. */
  probe(): Promise<void> {
    return this.world.scheduler.port({
      owner: this.owner,
      kind: 'database',
      site: 'probe',
      subject: '',
      effect: async () => undefined,
      outage: refused,
    });
  }

  connect(): Promise<PortClient> {
    const { scheduler, physical } = this.world;
    return scheduler.port({
      owner: this.owner,
      kind: 'transaction',
      site: 'connect',
      subject: '',
      effect: async () => new PortClient(this.world, this.owner, await physical.begin()),
      outage: lost,
    });
  }

  private send(config: pg.QueryConfig): Promise<pg.QueryResult> {
    const { scheduler, physical, witness } = this.world;
    return scheduler.port({
      owner: this.owner,
      kind: 'database',
      site: config.name ?? nameOf(config.text),
      subject: scheduler.trace.subjectOf(subjects(config)),
      effect: async () => {
        const result = await physical.query(bare(config));
        witness.onStatement(config, result.rows as Record<string, unknown>[]);
        return inOrder(config, result);
      },
      outage: (isPlain) => (isPlain ? refused() : new Error('Query read timeout')),
      patienceMs: (config as { query_timeout?: number }).query_timeout ?? QUERY_TIMEOUT_MS,
      isBlockedBy: isLockTimeout,
    });
  }
}

/** A connection for a transaction. When its process dies or an error is lost, the server rolls back. */
class PortClient extends EventEmitter {
  constructor(
    private readonly world: DatabaseWorld,
    private readonly owner: Client,
    private readonly transaction: OpenTransaction,
  ) {
    super();
    owner.transactions.add(transaction);
  }

  query(statement: string | pg.QueryConfig): Promise<pg.QueryResult> {
    const { scheduler, physical, witness } = this.world;
    const config = bare(typeof statement === 'string' ? { text: statement } : statement);
    const { transaction } = this;
    return scheduler.port({
      owner: this.owner,
      kind: 'transaction',
      site: nameOf(config.text),
      subject: scheduler.trace.subjectOf(config.values as unknown[]),
      effect: async () => {
        const result = await physical.inside(transaction, config);
        if (config.text === 'COMMIT') witness.onCommit(transaction.statements);
        return result;
      },
      outage: () => {
        transaction.isBroken = true;
        return lost();
      },
      isBlockedBy: isLockTimeout,
    });
  }

  /** The pool throws a connection away that is handed back with an error. */
  release(): void {
    return undefined;
  }
}

function refused(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
}

function lost(): Error {
  return new Error('Connection terminated unexpectedly');
}

/** Accept names its worker first, which is the one who calls. */
function subjects({ name, values = [] }: pg.QueryConfig): readonly unknown[] {
  return (values as unknown[]).slice(name === 'relay_accept' ? 1 : 0);
}

/** Time-outs are the scheduler's. */
function bare({ name, text, values }: pg.QueryConfig): pg.QueryConfig {
  return { ...(name ? { name } : {}), text, values };
}

/** A server may answer rows without ORDER BY in any order; the same one in every repetition. */
function inOrder({ text }: pg.QueryConfig, result: pg.QueryResult): pg.QueryResult {
  const rows = result.rows as { id?: string }[];
  if (rows.length > 1 && rows[0].id !== undefined && !text.includes('ORDER BY')) {
    rows.sort((a, b) => (a.id! < b.id! ? -1 : 1));
  }
  return result;
}

function nameOf(text: string): string {
  const words = text.trim().split(/\s+/);
  const table = /\b(?:FROM|INTO|UPDATE|JOIN)\s+([a-z_]+)/.exec(text)?.[1];
  return table ? `${words[0].toLowerCase()} ${table}` : words.slice(0, 2).join(' ').toLowerCase();
}
