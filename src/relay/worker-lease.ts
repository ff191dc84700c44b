import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { Env } from '../config/index.js';
import { Database, isOutage } from '../database/index.js';
import { logger } from '../observability/logger.js';

export const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** A newcomer takes no share before the others have had time to notice it. */
const NOTICE_MS = 2_000;

/** This process's part of what holds for the whole cluster. */
export interface Share {
  /** 0-based place among the live workers; null while nothing may be taken yet. */
  readonly rank: number | null;
  readonly workers: number;
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
  private joinedAlone = true;

  constructor(
    private readonly env: Env,
    private readonly database: Database,
  ) {}

  async start(): Promise<void> {
    await this.renew();
    this.joinedAt = performance.now();
    this.joinedAlone = (await this.live()).length === 1;
    this.timer = setInterval(() => {
      this.renew().catch((error: unknown) => {
        if (!isOutage(error)) this.log.error('the lease could not be renewed', { err: error });
      });
    }, RENEW_MS);
    this.timer.unref();
  }

  /** Reads who is alive; an upstream's `maxConcurrent` is divided among them (design §10). */
  async share(): Promise<Share> {
    const live = await this.live();
    const rank = live.indexOf(this.workerId);
    const noticed = this.joinedAlone || performance.now() - this.joinedAt >= NOTICE_MS;
    return { rank: noticed && rank >= 0 ? rank : null, workers: Math.max(live.length, 1) };
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
             ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until`,
      values: [this.workerId, `${hostname()}:${process.pid}`, this.env.ROLE, LEASE_MS],
    });
  }
}
