import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { Env } from '../config/index.js';
import { Database, isOutage } from '../database/index.js';
import { logger } from '../observability/logger.js';

export const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
const RENEWAL_MAY_TAKE_MS = 1_500;
const LOAD_AGE_MS = 500;
/** By then whoever lives has looked, also one that hears no signals. */
export const NOTICE_MS = 2_000;

/** This process's part of what holds for the whole cluster. */
export interface Share {
  /** 0-based place among the live workers; null while nothing may be taken yet. */
  readonly rank: number | null;
  readonly workers: number;
  /** Ids of those that were not there at the last look. */
  readonly newcomers: readonly string[];
  /** What others have in flight: more than their parts, for a while, since somebody has joined. */
  readonly elsewhere: readonly Load[];
}

/** What one other process has in flight at one upstream. */
export interface Load {
  readonly upstream: string;
  /** Its place among the live workers. */
  readonly rank: number;
  /** Generations with an attempt under way. */
  readonly inFlight: number;
}

/**
 * This process's right to hold generations, by database time (design §2). A
 * process that cannot renew keeps working: its results still count until
 * somebody has taken over, because every settle is fenced by the token.
 */
@Injectable()
export class WorkerLease {
  readonly workerId = newId();
  private readonly log = logger('worker-lease');
  private timer: NodeJS.Timeout | undefined;
  private joinedAt = 0;
  private elsewhere: readonly Load[] = [];
  private loadedAt = -Infinity;
  private known: ReadonlySet<string> = new Set([this.workerId]);
  private joinedBeside: readonly string[] = [];
  private readonly aware = new Set<string>();

  constructor(
    private readonly env: Env,
    private readonly database: Database,
  ) {}

  async start(): Promise<void> {
    await this.renew();
    this.joinedAt = performance.now();
    this.joinedBeside = (await this.live()).filter((id) => id !== this.workerId);
    this.timer = setInterval(() => {
      this.renew().catch((error: unknown) => {
        if (!isOutage(error)) this.log.error('the lease could not be renewed', { err: error });
      });
    }, RENEW_MS);
    this.timer.unref();
  }

  /** Every worker that could still take from what is now this one's share has reduced its own. */
  get isNoticed(): boolean {
    if (performance.now() - this.joinedAt >= NOTICE_MS) return true;
    return this.joinedBeside.every((id) => this.aware.has(id));
  }

  /** That worker knows of this one. */
  noticedBy(id: string): void {
    this.aware.add(id);
  }

  /**
   * Reads who is alive; an upstream's `maxConcurrent` is divided among them (design §10).
   * A newcomer has no share before the others have noticed it.
   */
  async share(): Promise<Share> {
    const live = await this.live();
    const rank = live.indexOf(this.workerId);
    const newcomers = live.filter((id) => !this.known.has(id));
    const hasChanged = newcomers.length > 0 || live.length !== this.known.size;
    this.known = new Set([...live, this.workerId]);
    const mayTake = this.isNoticed && rank >= 0;
    await this.readLoad(live, hasChanged);
    return {
      rank: mayTake ? rank : null,
      workers: Math.max(live.length, 1),
      newcomers,
      elsewhere: this.elsewhere,
    };
  }

  /** Ends the lease now, so that others take over at once what is left; answers still owed are lost. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    const values = [this.workerId];
    try {
      await this.database.query({ text: 'SELECT relay_bury($1)', values });
      await this.database.query({ text: 'DELETE FROM workers WHERE id = $1', values });
    } catch (error) {
      if (!isOutage(error)) throw error;
    }
  }

  /**
   * Of those that renew: what a dead one had sent is not waited for until its
   * lease has run out. Whoever looks often need not read it every time.
   */
  private async readLoad(live: readonly string[], hasChanged: boolean): Promise<void> {
    const now = performance.now();
    if (!hasChanged && now - this.loadedAt < LOAD_AGE_MS) return;
    this.loadedAt = now;
    if (live.length < 2) {
      this.elsewhere = [];
      return;
    }
    const rows = await this.database.query<{ id: string; upstream: string; inFlight: number }>({
      name: 'workers_load',
      text: `SELECT w.id, a.upstream, count(*)::int AS "inFlight"
               FROM workers w
               JOIN generations g ON g.worker_id = w.id AND g.status = 'processing'
               JOIN attempts a ON a.generation_id = g.id AND a.state = 'sent'
              WHERE w.id <> $1 AND w.lease_until > clock_timestamp() + $2 * interval '1 ms'
              GROUP BY w.id, a.upstream ORDER BY w.id, a.upstream`,
      values: [this.workerId, LEASE_MS - RENEW_MS - RENEWAL_MAY_TAKE_MS],
    });
    this.elsewhere = rows
      .map(({ id, upstream, inFlight }) => ({ upstream, rank: live.indexOf(id), inFlight }))
      .filter(({ rank }) => rank >= 0);
  }

  private async live(): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>({
      name: 'workers_live',
      text: 'SELECT id FROM workers WHERE lease_until > clock_timestamp() ORDER BY id',
    });
    return rows.map(({ id }) => id);
  }

  private async renew(): Promise<void> {
    await this.database.query({
      name: 'worker_renew',
      text: `INSERT INTO workers (id, name, role, lease_until)
             VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms')
             ON CONFLICT (id) DO UPDATE
                SET name = excluded.name, role = excluded.role, lease_until = excluded.lease_until`,
      values: [this.workerId, `${hostname()}:${process.pid}`, this.env.ROLE, LEASE_MS],
    });
  }
}
