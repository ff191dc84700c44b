import type { ProviderFailure } from '../providers/index.js';

/** Failures in a row after which an upstream × model is passed over. */
const OPEN_AFTER = 5;
const COOL_DOWN_MS = 30_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * The recent past of one model at one upstream. It chooses among upstreams, it
 * never takes the last one away: when every candidate is open, one request at a
 * time goes through as the probe and one success closes it (design §5).
 */
export class Circuit {
  private failuresInARow = 0;
  private openUntil = 0;
  private probing = false;
  private reason: string | null = null;

  constructor(private readonly now: () => number = () => performance.now()) {}

  get isOpen(): boolean {
    return this.now() < this.openUntil;
  }

  get isProbing(): boolean {
    return this.probing;
  }

  /** For operators: the failure class it was opened for. */
  get openReason(): string | null {
    return this.isOpen ? this.reason : null;
  }

  beginProbe(): void {
    this.probing = true;
  }

  endProbe(): void {
    this.probing = false;
  }

  succeeded(): void {
    this.failuresInARow = 0;
    this.openUntil = 0;
    this.reason = null;
  }

  /** A refusal by policy says nothing of the upstream's health and is not reported here. */
  failed(failure: Exclude<ProviderFailure, 'refused'>, retryAfterSeconds?: number): void {
    this.failuresInARow += 1;
    const pause = this.pauseFor(failure, retryAfterSeconds);
    if (pause === 0) return;
    this.openUntil = this.now() + pause;
    this.reason = failure;
  }

  private pauseFor(failure: ProviderFailure, retryAfterSeconds?: number): number {
    if (failure === 'auth' || failure === 'quota') return COOL_DOWN_MS;
    if (failure === 'rate_limited') {
      return Math.min((retryAfterSeconds ?? 1) * 1000, LONGEST_PAUSE_MS);
    }
    return this.failuresInARow >= OPEN_AFTER ? COOL_DOWN_MS : 0;
  }
}
