/** A process that served this long and then died was sound: the next one starts at once. */
const STEADY_MS = 5_000;
const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** How long to wait before a process that died is replaced, so that one that cannot live is no busy loop. */
export class Backoff {
  /** In a row, without a steady life in between. */
  private deaths = 0;

  /** @returns ms: none after a steady life, then half a second, doubling up to a quarter of a minute */
  afterDeath(servedMs: number): number {
    this.deaths = servedMs >= STEADY_MS ? 0 : this.deaths + 1;
    if (this.deaths === 0) return 0;
    return Math.min(FIRST_MS * 2 ** (this.deaths - 1), LONGEST_MS);
  }
}
