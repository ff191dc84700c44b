import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { Database, isOutage, Notifier } from '../database/index.js';
import { DrainService, within } from '../observability/drain.service.js';
import { logger } from '../observability/logger.js';
import { Recovery } from './recovery.js';
import { Runner } from './runner.js';
import { NOTICE_MS, WorkerLease } from './worker-lease.js';

const HOUSEKEEPING_MS = 60 * 60 * 1000;
const PARTITIONS_AHEAD = 2;
/** Whoever lives and hears has answered by then; for one that died a start does not wait. */
const PATIENCE_MS = 500;
const PARTITIONED = ['generations', 'generation_inputs', 'credit_entries'] as const;

interface MadePartition {
  readonly name: string;
  /** Rows that were in the default partition before. */
  readonly moved: number;
  readonly problem: string | null;
}

/** Brings the relay's background work up and down with the process. */
@Injectable()
export class RelayLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = logger('relay');
  private housekeeping: NodeJS.Timeout | undefined;
  private draining = false;
  private whenNoticed: () => void = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly lease: WorkerLease,
    private readonly recovery: Recovery,
    private readonly runner: Runner,
    private readonly drains: DrainService,
    private readonly notifier: Notifier,
  ) {}

  get workerId(): string {
    return this.lease.workerId;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  async onApplicationBootstrap(): Promise<void> {
    this.drains.onDrain('generations', (graceMs) => this.drain(graceMs));
    this.notifier.on('seen', (about) => this.hearOfNotice(about));
    await this.lease.start();
    await this.makePartitions();
    this.housekeeping = setInterval(() => void this.makePartitions(), HOUSEKEEPING_MS);
    this.housekeeping.unref();
    this.notifier.on('work', () => this.recovery.poke());
    await this.recovery.start();
    await this.beNoticed();
  }

  /** @throws DomainError `draining` once the process has begun to stop. */
  refuseWhileDraining(): void {
    if (!this.draining) return;
    throw new DomainError('draining', 'This server is restarting. Please retry.', {
      retryAfterSeconds: 1,
    });
  }

  /** A generation was put in the queue: nobody need wait for the next poll. */
  announceWork(): void {
    this.recovery.poke();
    this.notifier.tell('work');
  }

  /**
   * Lets work in flight finish within the grace time; what is left is handed
   * over by giving the lease up (design §8, SIGTERM).
   */
  async drain(graceMs: number): Promise<void> {
    if (this.draining) return;
    this.draining = true;
    clearInterval(this.housekeeping);
    this.recovery.stop();
    const work = Promise.all([this.recovery.idle(), this.runner.idle(graceMs)]);
    if (!(await within(work, graceMs))) {
      this.log.warn('work is handed over', { generations: this.runner.runningIds.length });
    }
  }

  /** Whatever is left by now is for others: they need not wait for the lease to run out. */
  async onModuleDestroy(): Promise<void> {
    this.draining = true;
    clearInterval(this.housekeeping);
    this.recovery.stop();
    await this.lease.stop();
  }

  /** So that the first request finds room: until then it would wait for a neighbour to take it. */
  private async beNoticed(): Promise<void> {
    if (this.lease.isNoticed) return;
    const noticed = new Promise<void>((resolve) => (this.whenNoticed = resolve));
    this.notifier.tell('work');
    setTimeout(() => this.recovery.poke(), NOTICE_MS).unref();
    if (await within(noticed, PATIENCE_MS)) await this.recovery.poll();
  }

  /** @param about as in `Signal` */
  private hearOfNotice(about = ''): void {
    const [newcomer, id] = about.split(':');
    if (newcomer !== this.workerId) return;
    this.lease.noticedBy(id);
    if (this.lease.isNoticed) this.whenNoticed();
  }

  private async makePartitions(): Promise<void> {
    try {
      for (const table of PARTITIONED) await this.makePartitionsOf(table);
    } catch (error) {
      if (!isOutage(error)) this.log.error('partitions could not be made', { err: error });
    }
  }

  /** Rows of a month that cannot be made go to the default partition: slower, and never lost. */
  private async makePartitionsOf(table: string): Promise<void> {
    const made = await this.database.query<MadePartition>({
      text: 'SELECT name, moved::int, problem FROM easel_ensure_partitions($1, $2)',
      values: [table, PARTITIONS_AHEAD],
      timeoutMs: 4_500,
    });
    for (const { name: partition, moved, problem } of made) {
      if (problem) this.log.error('a partition could not be made', { partition, problem });
      else this.log.info('a partition was made', { partition, moved });
    }
  }
}
