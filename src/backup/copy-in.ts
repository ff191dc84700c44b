import { Writable, type Duplex } from 'node:stream';
import type pg from 'pg';

/** What `pg` hands to a query that it runs; its published types leave the COPY part out. */
interface CopyConnection extends pg.Connection {
  readonly stream: Duplex;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

type Done = (error?: Error | null) => void;

/**
 * The input of one `COPY … FROM STDIN`, at the server's pace. Give it to
 * `client.query`; it has finished when the server has confirmed the rows.
 * Destroyed before that, the statement fails at the server.
 */
export class CopyIn extends Writable implements pg.Submittable {
  private connection: CopyConnection | undefined;
  private open = false;
  private waiting: Done | undefined;
  private counted = 0;

  constructor(private readonly text: string) {
    super();
  }

  /** By the server's count; known at the end. */
  get rows(): number {
    return this.counted;
  }

  submit(connection: pg.Connection): void {
    this.connection = connection as CopyConnection;
    connection.query(this.text);
  }

  /** Nothing is written before the server has agreed to take it. */
  override _construct(done: Done): void {
    this.waiting = done;
  }

  handleCopyInResponse(): void {
    this.open = true;
    this.resolve();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.connection!.sendCopyFromChunk(chunk);
    if (!this.connection!.stream.writableNeedDrain) return done();
    this.connection!.stream.once('drain', done);
  }

  override _final(done: Done): void {
    this.waiting = done;
    this.open = false;
    this.connection!.endCopyFrom();
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.counted = Number(text.replace('COPY ', ''));
  }

  handleReadyForQuery(): void {
    this.resolve();
  }

  handleError(error: Error): void {
    this.open = false;
    this.resolve(error);
    this.destroy(error);
  }

  override _destroy(error: Error | null, done: Done): void {
    if (this.open) this.connection!.sendCopyFail('the rest of the rows could not be read');
    this.open = false;
    done(error);
  }

  private resolve(error?: Error): void {
    const waiting = this.waiting;
    this.waiting = undefined;
    waiting?.(error);
  }
}
