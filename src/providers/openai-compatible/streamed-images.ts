import { Readable } from 'node:stream';
import { base64Length } from '../../common/base64.js';
import type { ProviderError, ProviderImage, Usage } from '../image-provider.js';
import type { AnswerEvent, AnswerScanner } from './answer-scanner.js';
import { classifyReading } from './classify.js';
import { MalformedAnswerError } from './malformed-answer.error.js';
import type { ByteSource } from './upstream-exchange.js';

export interface StreamedImagesOptions {
  /** Images wanted; more are left out. */
  readonly count: number;
  readonly status: number;
  readonly maxImageBytes: number;
}

/** An upstream that ends its answer with the last image keeps its connection; others are not waited for. */
const LINGER_MS = 100;

type ImageEvent = Extract<AnswerEvent, { kind: 'image' | 'link' }>;

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

  private events: readonly AnswerEvent[] = [];
  private position = 0;
  private current: Readable | null = null;
  private currentBytes = 0;
  private currentMaxBytes = 0;
  private pulling: Promise<void> = Promise.resolve();
  private turn: Promise<unknown> = Promise.resolve();
  private given = 0;
  /** Links left to give, once the body has been read to its end. */
  private links: string[] | null = null;
  private over = false;
  private bodyEnded = false;
  private failure: ProviderError | null = null;

  constructor(
    private readonly body: ByteSource,
    private readonly scanner: AnswerScanner,
    private readonly options: StreamedImagesOptions,
  ) {
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
      const image = this.links === null ? await this.reachImage() : null;
      if (image) return this.give(image);
      this.links ??= this.conclude();
    } catch (error) {
      throw this.fail(error);
    }
    const url = this.hasEnough ? undefined : this.links.shift();
    if (url !== undefined) return this.give({ kind: 'link', url });
    this.finish();
    return DONE;
  }

  private get hasEnough(): boolean {
    return this.given >= this.options.count;
  }

  private give(event: ImageEvent): IteratorResult<ProviderImage, undefined> {
    const ordinal = this.given;
    const { maxImageBytes } = this.options;
    if (event.kind === 'image' && event.partialIndex) {
      const { partialIndex } = event;
      const source = { base64: this.openStream(base64Length(maxImageBytes)) };
      return { done: false, value: { ordinal, partial: true, partialIndex, source } };
    }
    this.given += 1;
    const source =
      event.kind === 'link' ? { url: event.url } : { stream: this.openStream(maxImageBytes) };
    return { done: false, value: { ordinal, partial: false, source } };
  }

  /** Reads on to the next image that is wanted; null when there is none. */
  private async reachImage(): Promise<ImageEvent | null> {
    for (;;) {
      if (this.hasEnough && !this.scanner.readsToEnd) return this.linger();
      const event = await this.nextEvent();
      if (event === null) return null;
      if ((event.kind === 'image' || event.kind === 'link') && !this.hasEnough) return event;
    }
  }

  /** Gives the answer a moment to end, so that the connection can be used again. */
  private async linger(): Promise<null> {
    const timer = setTimeout(() => this.body.destroy(), LINGER_MS);
    try {
      while ((await this.body.read()) !== null);
    } catch {
      // All that was wanted is here.
    }
    clearTimeout(timer);
    return null;
  }

  private conclude(): string[] {
    const answer = this.scanner.finish();
    this.settleUsage(answer.usage);
    return [...answer.urls];
  }

  private openStream(maxBytes: number): Readable {
    const stream = new Readable({
      read: () => {
        this.pulling = this.pull(stream);
      },
    });
    // Who reads it gets the error; who has not begun to must not bring the process down.
    stream.on('error', () => undefined);
    this.current = stream;
    this.currentMaxBytes = maxBytes;
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
      if (this.currentBytes <= this.currentMaxBytes) return event.bytes;
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

  private async nextEvent(): Promise<Exclude<AnswerEvent, { kind: 'failure' }> | null> {
    while (this.position >= this.events.length) {
      if (this.bodyEnded) return null;
      const chunk = await this.body.read();
      this.bodyEnded = chunk === null;
      this.events = chunk === null ? this.scanner.end() : this.scanner.scan(chunk);
      this.position = 0;
    }
    const event = this.events[this.position];
    this.position += 1;
    if (event.kind === 'failure') throw event.error;
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
