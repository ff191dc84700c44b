import { DatabaseUnavailableError } from './outage.js';

const PROBE_INTERVAL_MS = 200;
const WAIT_FOR_PROBE_MS = 800;

/**
 * Keeps requests from piling up on a database that does not answer. After the
 * first outage one probe runs on a connection of its own; everybody else waits
 * for it a moment and is refused when it takes longer, so that a caller hears
 * 503 within two seconds and service is back as soon as the probe passes.
 */
export class DatabaseGate {
  private recovering: Promise<void> | null = null;
  private upSince = performance.now();
  private closed = false;

  /** @param probe resolves when the database answers; must reject within about a second. */
  constructor(private readonly probe: () => Promise<void>) {}

  /** How long (ms) the database has answered without a break: the reaper waits for a full lease. */
  get steadyMs(): number {
    return this.recovering ? 0 : performance.now() - this.upSince;
  }

  get isUp(): boolean {
    return this.recovering === null;
  }

  /** Throws `DatabaseUnavailableError` when the database stays away. */
  async pass(): Promise<void> {
    if (!this.recovering) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new DatabaseUnavailableError('waiting for the database'));
      }, WAIT_FOR_PROBE_MS);
    });
    try {
      await Promise.race([this.recovering, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  reportOutage(): void {
    if (this.closed) return;
    this.recovering ??= this.recover();
  }

  close(): void {
    this.closed = true;
  }

  private async recover(): Promise<void> {
    while (!this.closed) {
      try {
        await this.probe();
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, PROBE_INTERVAL_MS).unref());
      }
    }
    this.upSince = performance.now();
    this.recovering = null;
  }
}
