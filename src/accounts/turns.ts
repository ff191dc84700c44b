import { DomainError } from '../common/domain-error.js';

/** Lets a bounded number of pieces of work run at once, and a bounded number wait, in order. */
export class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly maxRunning: number,
    private readonly maxWaiting: number,
  ) {}

  /** @throws DomainError `rate_limit_exceeded` when too many wait already; whatever `work` throws. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.take();
    try {
      return await work();
    } finally {
      this.handOn();
    }
  }

  private async take(): Promise<void> {
    if (this.running < this.maxRunning) {
      this.running += 1;
      return;
    }
    if (this.waiting.length >= this.maxWaiting) {
      throw new DomainError('rate_limit_exceeded', 'Too many sign-ins at once.', {
        retryAfterSeconds: 1,
      });
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** The turn itself goes to the next in line, so `running` never exceeds the maximum. */
  private handOn(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running -= 1;
  }
}
