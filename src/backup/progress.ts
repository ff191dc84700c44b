const TELL_EVERY_MS = 5_000;
const MEGABYTE = 1_000_000;

/** Tells an operator how far a long piece of work is: a line when it is done, and every 5 s before. */
export class Progress {
  private readonly begun = performance.now();
  private told = this.begun;
  private bytes = 0;

  constructor(
    private readonly what: string,
    private readonly say: (message: string) => void,
  ) {}

  /** Passes the pieces on and counts their bytes. */
  async *through(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      this.bytes += piece.length;
      if (performance.now() - this.told > TELL_EVERY_MS) {
        this.told = performance.now();
        this.say(`  ${this.what} … ${this.measured()}`);
      }
      yield piece;
    }
  }

  done(rows: number): void {
    this.say(`  ${this.what.padEnd(24)} ${inGroups(rows).padStart(13)} rows  ${this.measured()}`);
  }

  private measured(): string {
    const seconds = (performance.now() - this.begun) / 1000;
    return `${megabytes(this.bytes).padStart(9)}  ${seconds.toFixed(1).padStart(6)} s`;
  }
}

export function inGroups(count: number): string {
  return count.toLocaleString('en-US');
}

export function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}
