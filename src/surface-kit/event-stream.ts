import type { Response } from 'express';
import { drained, PooledWriter } from './pooled-writer.js';

/** Well below the 30 s after which the strictest proxies end a silent connection. */
const KEEP_ALIVE_MS = 15_000;

/** An event's data, or what stands beside its image. */
type Data = Readonly<Record<string, unknown>>;

/**
 * An answer of server-sent events: `event: <type>` and one line of JSON as data,
 * with comments while there is nothing to say. Writes wait for the client, so no
 * more than a buffer is held for a slow one; once it has left, they do nothing.
 */
export class EventStream {
  /** Resolves when the connection has ended before the answer did. */
  readonly left: Promise<void>;
  private hasLeft = false;
  /** Inside an event nothing may come in between. */
  private insideEvent = false;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly response: Response,
    keepAliveMs: number,
  ) {
    this.timer = setTimeout(() => this.keepAlive(), keepAliveMs).unref();
    this.left = new Promise((resolve) => {
      response.once('close', () => {
        this.hasLeft = true;
        clearTimeout(this.timer);
        resolve();
      });
    });
  }

  /** Sends status 200 and the headers at once, also through proxies that like to collect. */
  static begin(response: Response, keepAliveMs = KEEP_ALIVE_MS): EventStream {
    response.status(200);
    response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Accel-Buffering', 'no');
    const stream = new EventStream(response, keepAliveMs);
    response.flushHeaders();
    return stream;
  }

  get isLeft(): boolean {
    return this.hasLeft || this.response.destroyed;
  }

  /** One event with nothing large in it. */
  async send(type: string, data: Data): Promise<void> {
    await this.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /**
   * One event with a picture that is base64 already, `{type, b64_json, …rest}`,
   * sent while it is read.
   *
   * @param base64 characters of plain base64 alone: they stand in the JSON as they are
   * @param rest asked when the picture has been read
   * @throws what reading the picture fails with; the connection is cut then, so
   * that nobody takes half a picture for a whole one
   */
  sendImage(type: string, base64: AsyncIterable<Buffer>, rest: () => Data): Promise<void> {
    return this.imageEvent(type, (writer) => writer.pass(base64), rest);
  }

  /** The same of a picture's file, encoded while it is read; its chunks may be lent. */
  sendFile(type: string, file: AsyncIterable<Buffer>, rest: () => Data): Promise<void> {
    return this.imageEvent(type, (writer) => writer.base64(file), rest);
  }

  end(): void {
    clearTimeout(this.timer);
    if (!this.isLeft) this.response.end();
  }

  private async imageEvent(
    type: string,
    writePicture: (writer: PooledWriter) => Promise<void>,
    rest: () => Data,
  ): Promise<void> {
    this.insideEvent = true;
    const writer = new PooledWriter((piece, done) => this.write(piece, done));
    try {
      await writer.text(`event: ${type}\ndata: {"type":${JSON.stringify(type)},"b64_json":"`);
      await writePicture(writer);
    } catch (error) {
      this.response.destroy();
      throw error;
    }
    if (this.isLeft) return;
    await writer.text(`",${JSON.stringify(rest()).slice(1)}\n\n`);
    await writer.flush();
    this.insideEvent = false;
  }

  private async write(piece: string | Buffer, done?: () => void): Promise<boolean> {
    if (this.isLeft) return false;
    this.timer.refresh();
    if (!this.response.write(piece, 'utf8', done)) await drained(this.response);
    return !this.isLeft;
  }

  private keepAlive(): void {
    if (this.isLeft || this.response.writableEnded) return;
    if (!this.insideEvent && !this.response.writableNeedDrain) {
      this.response.write(': keep-alive\n\n');
    }
    this.timer.refresh();
  }
}
