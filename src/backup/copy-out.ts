import { Readable, type Duplex } from 'node:stream';
import type pg from 'pg';

/** PostgreSQL sends a message per row; rows are gathered into pieces of this size. */
const PIECE_BYTES = 64 * 1024;

/**
 * The answer to one `COPY … TO STDOUT`, at its reader's pace: while nobody reads,
 * the socket is paused, so that a table of any size takes a few pieces of memory.
 * Give it to `client.query`. Destroyed before its end, it ends the connection.
 */
export class CopyOut extends Readable implements pg.Submittable {
  private socket: Duplex | undefined;
  private piece = Buffer.allocUnsafe(PIECE_BYTES);
  private used = 0;
  private counted = 0;
  private answered = false;

  constructor(private readonly text: string) {
    super({ highWaterMark: 4 * PIECE_BYTES });
  }

  /** By the server's count; known at the end. */
  get rows(): number {
    return this.counted;
  }

  submit(connection: pg.Connection): void {
    this.socket = connection.stream;
    connection.query(this.text);
  }

  /** The driver uses the memory of `chunk` again, so its bytes are copied. */
  handleCopyData({ chunk }: { chunk: Buffer }): void {
    if (chunk.length > PIECE_BYTES - this.used) this.flush();
    if (chunk.length > PIECE_BYTES) return this.hand(Buffer.from(chunk));
    this.used += chunk.copy(this.piece, this.used);
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.counted = Number(text.replace('COPY ', ''));
  }

  handleReadyForQuery(): void {
    this.answered = true;
    this.flush();
    this.push(null);
    this.socket?.resume();
  }

  handleError(error: Error): void {
    this.answered = true;
    this.socket?.resume();
    this.destroy(error);
  }

  override _read(): void {
    this.socket?.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.answered) this.socket?.destroy();
    done(error);
  }

  private flush(): void {
    if (this.used === 0) return;
    this.hand(this.piece.subarray(0, this.used));
    this.piece = Buffer.allocUnsafe(PIECE_BYTES);
    this.used = 0;
  }

  private hand(bytes: Buffer): void {
    if (!this.push(bytes)) this.socket?.pause();
  }
}
