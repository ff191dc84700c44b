/**
 * Buffers of one size that are used again and again: a new one of this size is
 * mapped by the system page by page, which costs more than what is done with it.
 * No more are kept than were in use at once, and no more than `maxIdle`.
 */
export class BufferPool {
  private readonly idle: Buffer[] = [];

  constructor(
    readonly bytes: number,
    private readonly maxIdle: number,
  ) {}

  /** What is in it is left from before. */
  take(): Buffer {
    return this.idle.pop() ?? Buffer.allocUnsafeSlow(this.bytes);
  }

  /** Only once, and only when nobody reads from it or writes to it any more. */
  giveBack(buffer: Buffer): void {
    if (this.idle.length < this.maxIdle) this.idle.push(buffer);
  }
}
