import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '../common/ids.js';

const MEMORY_BYTES = 256 * 1024;
/** Each piece costs more than its bytes, and tiny ones could be very many. */
const MEMORY_PIECES = 64;
const READ_BYTES = 64 * 1024;

/**
 * Bytes between a writer that must not wait and a reader that may be slow: a
 * little is held in memory, the rest in a file that has no name, so that nothing
 * is left of it whatever happens. One writer, one reader.
 */
export class SpillBuffer implements AsyncIterable<Buffer> {
  private readonly memory: Buffer[] = [];
  private memoryBytes = 0;
  private file: FileHandle | null = null;
  private written = 0;
  private readAt = 0;
  private ended = false;
  private closed = false;
  private busy: Promise<unknown> = Promise.resolve();
  private wake: (() => void) | null = null;

  /** @param folder where the file is made when it is needed; made if missing */
  constructor(private readonly folder: string) {}

  /** Bytes not read yet. */
  get waiting(): number {
    return this.memoryBytes + this.written - this.readAt;
  }

  /**
   * Takes the piece's memory. Waits for the disk at most, never for the reader. A
   * disk that fails closes the buffer.
   */
  async write(piece: Buffer): Promise<void> {
    if (this.closed || piece.length === 0) return;
    if (this.hasRoom(piece)) {
      this.memory.push(piece);
      this.memoryBytes += piece.length;
    } else {
      await this.exclusively(() => this.spill(piece)).catch(() => this.close());
    }
    this.changed();
  }

  /** Nothing more will be written. */
  end(): void {
    this.ended = true;
    this.changed();
  }

  /** Nothing more will be read: what is left is thrown away. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.memory.length = 0;
    this.changed();
    void this.exclusively(async () => this.file?.close().catch(() => undefined));
  }

  /** Until the writer ended, or `close`. Never throws. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (let piece = await this.next(); piece !== null; piece = await this.next()) yield piece;
    } finally {
      this.close();
    }
  }

  private async next(): Promise<Buffer | null> {
    while (!this.closed) {
      const piece = this.memory.shift();
      if (piece) {
        this.memoryBytes -= piece.length;
        return piece;
      }
      if (this.readAt < this.written) return this.unspilled();
      if (this.ended) return null;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return null;
  }

  private async unspilled(): Promise<Buffer | null> {
    try {
      return await this.exclusively(() => this.unspill());
    } catch {
      this.close();
      return null;
    }
  }

  /** What comes after the first spilled byte must be read after it. */
  private hasRoom(piece: Buffer): boolean {
    return (
      this.file === null &&
      this.memory.length < MEMORY_PIECES &&
      this.memoryBytes + piece.length <= MEMORY_BYTES
    );
  }

  private async spill(piece: Buffer): Promise<void> {
    if (this.closed) return;
    this.file ??= await openNameless(this.folder);
    let done = 0;
    while (done < piece.length) {
      const left = piece.length - done;
      const { bytesWritten } = await this.file.write(piece, done, left, this.written + done);
      done += bytesWritten;
    }
    this.written += piece.length;
  }

  private async unspill(): Promise<Buffer | null> {
    if (this.closed || !this.file) return null;
    const length = Math.min(READ_BYTES, this.written - this.readAt);
    const { bytesRead, buffer } = await this.file.read(
      Buffer.allocUnsafe(length),
      0,
      length,
      this.readAt,
    );
    this.readAt += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  /** One at a time at the file, and none after it was closed. */
  private exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.busy.then(work);
    this.busy = turn.catch(() => undefined);
    return turn;
  }

  private changed(): void {
    this.wake?.();
    this.wake = null;
  }
}

async function openNameless(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${newId()}.preview`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}
