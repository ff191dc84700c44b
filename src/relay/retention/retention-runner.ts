import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { isOutage } from '../../database/index.js';
import { DrainService, within } from '../../observability/drain.service.js';
import { logger } from '../../observability/logger.js';
import { countSwept } from '../../observability/metrics.js';
import { RetentionTurn } from './retention-turn.js';
import { type Sweeper, SWEEPERS } from './sweeper.js';

const LOOK_EVERY_MS = 60_000;

/** A batch under way at shutdown is awaited no longer: it may be cut anywhere. */
const STOP_WITHIN_MS = 1_000;

/** Runs the sweepers one after the other, on one process of the cluster at a time. */
@Injectable()
export class RetentionRunner implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = logger('retention');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;

  constructor(
    private readonly turn: RetentionTurn,
    private readonly drains: DrainService,
    @Inject(SWEEPERS) private readonly sweepers: readonly Sweeper[],
  ) {}

  onApplicationBootstrap(): void {
    this.drains.onDrain('retention', () => this.stop());
    this.timer = setInterval(() => void this.run(), LOOK_EVERY_MS);
    this.timer.unref();
  }

  onModuleDestroy(): Promise<void> {
    return this.stop();
  }

  /** Sweeps when it is this process's turn; never rejects. */
  run(): Promise<void> {
    this.running ??= this.takeTurn().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async stop(): Promise<void> {
    clearInterval(this.timer);
    this.turn.stop();
    if (this.running) await within(this.running, STOP_WITHIN_MS);
  }

  /** After an outage the turn is not given back: it runs out by itself, on whatever node is well. */
  private async takeTurn(): Promise<void> {
    try {
      if (!(await this.turn.take())) return;
      for (const sweeper of this.sweepers) {
        if (!this.turn.over) await this.sweep(sweeper);
      }
      await this.turn.end();
    } catch (error) {
      if (this.turn.stopped) return;
      if (isOutage(error)) this.log.warn('sweeping stopped: the database does not answer');
      else this.log.error('sweeping failed', { err: error });
    }
  }

  /** One sweeper that fails must not keep the others from their work, except in an outage. */
  private async sweep(sweeper: Sweeper): Promise<void> {
    const begun = performance.now();
    try {
      const count = await sweeper.sweep();
      if (count === 0) return;
      countSwept(sweeper.name, count);
      const ms = Math.round(performance.now() - begun);
      this.log.info('swept', { what: sweeper.name, count, ms });
    } catch (error) {
      if (isOutage(error) || this.turn.stopped) throw error;
      this.log.error('a sweep failed', { what: sweeper.name, err: error });
    }
  }
}
