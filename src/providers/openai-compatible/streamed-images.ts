import { Readable } from 'node:stream';
import type { ProviderError, ProviderImage, Usage } from '../image-provider.js';
import { classifyReading } from './classify.js';
import { readImagesAnswer } from './images-answer.js';
import { JsonImageScanner, type ScanEvent } from './json-image-scanner.js';
import { MalformedAnswerError } from './malformed-answer.error.js';
import type { ByteSource } from './upstream-exchange.js';

export interface StreamedImagesOptions {
  /** Images wanted; more are left out. */
  readonly count: number;
  readonly status: number;
  /** What relative links are relative to. */
  readonly base: string;
  readonly maxImageBytes: number;
  /** Most bytes around the images. */
  readonly maxRestBytes: number;
}

const DONE = { done: true, value: undefined } as const;

/**
 * The images of one answer, read off the wire as the consumer asks for them: a
 * chunk is taken from the socket when a stream wants bytes, never before. Asking
 * for the next image abandons what is left of the one before; leaving the
 * iteration frees the socket.
 */
export class StreamedImages implements AsyncIterableIterator<ProviderImage> {
  /** Settles with the iteration; null when the upstream told nothing. Never rejects. */
  readonly usage: Promise<Usage | null>;
  private settleUsage: (usage: Usage | null) => void = () => undefined;

  private readonly scanner: JsonImageScanner;
  private events: readonly ScanEvent[] = [];
  private position = 0;
  private current: Readable | null = null;
  private currentBytes = 0;
  private pulling: Promise<void> = Promise.resolve();
  private turn: Promise<unknown> = Promise.resolve();
  private given = 0;
  /** Links left to give, once the body has been read to its end. */
  private links: string[] | null = null;
  private over = false;
  private failure: ProviderError | null = null;

  constructor(
    private readonly body: ByteSource,
    private readonly options: StreamedImagesOptions,
  ) {
    this.scanner = new JsonImageScanner(options.maxRestBytes);
    this.usage = new Promise((resolve) => {
      this.settleUsage = resolve;
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Rejects with ProviderError; images given before stay good. */
  next(): Promise<IteratorResult<ProviderImage, undefined>> {
    const result = this.turn.then(() => this.advance());
    this.turn = result.catch(() => undefined);
    return result;
  }

  return(): Promise<IteratorResult<ProviderImage, undefined>> {
    this.finish();
    this.current?.destroy();
    return Promise.resolve(DONE);
  }

  private async advance(): Promise<IteratorResult<ProviderImage, undefined>> {
    if (this.failure) throw this.failure;
    if (this.over) return DONE;
    try {
      await this.leaveCurrent();
      this.links ??= (await this.reachImage()) ? null : this.conclude();
    } catch (error) {
      throw this.fail(error);
    }
    if (this.links === null) return this.give({ stream: this.openStream() });
    const url = this.given < this.options.count ? this.links.shift() : undefined;
    if (url !== undefined) return this.give({ url });
    this.finish();
    return DONE;
  }

  private give(source: ProviderImage['source']): IteratorResult<ProviderImage, undefined> {
    const value = { ordinal: this.given, partial: false, source };
    this.given += 1;
    return { done: false, value };
  }

  /** Reads on to the next image that is wanted; false at the end of the body. */
  private async reachImage(): Promise<boolean> {
    for (;;) {
      const event = await this.nextEvent();
      if (event === null) return false;
      if (event.kind === 'image' && this.given < this.options.count) return true;
    }
  }

  private conclude(): string[] {
    const { status, base } = this.options;
    const answer = readImagesAnswer(this.scanner.finish(), status, base);
    this.settleUsage(answer.usage);
    return [...answer.urls];
  }

  private openStream(): Readable {
    const stream = new Readable({
      read: () => {
        this.pulling = this.pull(stream);
      },
    });
    // Who reads it gets the error; who has not begun to must not bring the process down.
    stream.on('error', () => undefined);
    this.current = stream;
    this.currentBytes = 0;
    return stream;
  }

  /** One piece per request of the stream; never rejects. */
  private async pull(stream: Readable): Promise<void> {
    try {
      if (this.failure) throw this.failure;
      stream.push(await this.nextPiece());
    } catch (error) {
      stream.destroy(this.fail(error));
    }
  }

  /** The next bytes of the current image, null at its end. */
  private async nextPiece(): Promise<Buffer | null> {
    const event = await this.nextEvent();
    if (event === null) throw new MalformedAnswerError('the answer stops inside an image');
    if (event.kind === 'bytes') {
      this.currentBytes += event.bytes.length;
      if (this.currentBytes <= this.options.maxImageBytes) return event.bytes;
      throw new MalformedAnswerError('an image is too large');
    }
    this.current = null;
    return null;
  }

  private async leaveCurrent(): Promise<void> {
    this.current?.destroy();
    await this.pulling;
    if (this.failure) throw this.failure;
    while (this.current !== null) await this.nextPiece();
  }

  private async nextEvent(): Promise<ScanEvent | null> {
    while (this.position >= this.events.length) {
      const chunk = await this.body.read();
      if (chunk === null) return null;
      this.events = this.scanner.scan(chunk);
      this.position = 0;
    }
    const event = this.events[this.position];
    this.position += 1;
    return event;
  }

  private fail(error: unknown): ProviderError {
    this.failure ??= classifyReading(error, this.options.status);
    this.finish();
    return this.failure;
  }

  private finish(): void {
    this.over = true;
    this.events = [];
    this.position = 0;
    this.body.destroy();
    this.settleUsage(null);
  }
}
