import type { Dispatcher, Pool } from 'undici';
import { ProviderError } from '../image-provider.js';
import { classifyAbort, classifyTransport } from './classify.js';

/** Bytes that may wait here before the socket is paused. */
const HIGH_WATER_BYTES = 64 * 1024;

type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface ExchangeLimits {
  /** Total time from dispatch to the last byte, ms. */
  readonly deadlineMs: number;
  /** Most bytes of a body. */
  readonly maxBodyBytes: number;
}

export interface ExchangeHead {
  readonly status: number;
  readonly headers: ResponseHeaders;
}

/** A body whose reader sets the pace. */
export interface ByteSource {
  /** The next chunk, which then belongs to the reader, or null at the end. Rejects with ProviderError. */
  read(): Promise<Buffer | null>;
  /** Frees the socket; what has not been read is gone. No-op after the end. */
  destroy(): void;
}

/**
 * One request and its answer on undici's `dispatch`, which costs half of
 * `request` and leaves pausing the socket to us. Every end of it, good or bad,
 * stops the clock and gives the socket back or destroys it.
 */
export class UpstreamExchange implements Dispatcher.DispatchHandler, ByteSource {
  private readonly chunks: Buffer[] = [];
  private waiting = 0;
  private received = 0;
  private sent = false;
  private ended = false;
  private failure: ProviderError | null = null;
  private controller: Dispatcher.DispatchController | null = null;
  private wake: (() => void) | null = null;
  private answer: ExchangeHead | null = null;
  private readonly timer: NodeJS.Timeout;
  private readonly onAbort = () => this.abort(this.signal.reason);

  private constructor(
    private readonly limits: ExchangeLimits,
    private readonly signal: AbortSignal,
  ) {
    this.timer = setTimeout(() => this.abort(deadline()), limits.deadlineMs).unref();
    signal.addEventListener('abort', this.onAbort, { once: true });
  }

  /** Sends the request. Throws ProviderError only from `head()` and `read()`. */
  static open(
    pool: Pool,
    request: Dispatcher.DispatchOptions,
    limits: ExchangeLimits,
    signal: AbortSignal,
  ): UpstreamExchange {
    const exchange = new UpstreamExchange(limits, signal);
    if (signal.aborted) {
      exchange.onAbort();
      return exchange;
    }
    try {
      pool.dispatch(request, exchange);
    } catch (error) {
      exchange.fail(classifyTransport(error, exchange.sent));
    }
    return exchange;
  }

  /** Status and headers, once they are there. Rejects with ProviderError. */
  async head(): Promise<ExchangeHead> {
    while (this.answer === null) {
      if (this.failure) throw this.failure;
      await this.change();
    }
    return this.answer;
  }

  async read(): Promise<Buffer | null> {
    for (;;) {
      const chunk = this.chunks.shift();
      if (chunk) {
        this.waiting -= chunk.length;
        if (this.controller?.paused && this.waiting < HIGH_WATER_BYTES) this.controller.resume();
        return chunk;
      }
      if (this.failure) throw this.failure;
      if (this.ended) return null;
      await this.change();
    }
  }

  destroy(): void {
    if (!this.ended && !this.failure) this.abort(new Error('abandoned'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.failure) return controller.abort(this.failure);
    if (this.sent) {
      // The client would repeat a request whose fate is unknown: that may buy a picture twice.
      this.fail(classifyTransport(new Error('repeated'), true));
      return controller.abort(new Error('repeated'));
    }
    this.sent = true;
    this.controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: ResponseHeaders,
  ): void {
    if (status < 200) return;
    this.answer = { status, headers };
    this.changed();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.failure) return;
    this.received += chunk.length;
    if (this.received > this.limits.maxBodyBytes) {
      return this.fail(tooLarge(this.answer?.status));
    }
    this.chunks.push(chunk);
    this.waiting += chunk.length;
    if (this.waiting >= HIGH_WATER_BYTES) controller.pause();
    this.changed();
  }

  onResponseEnd(): void {
    this.ended = true;
    this.settle();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(classifyTransport(error, this.sent));
  }

  private abort(reason: unknown): void {
    this.chunks.length = 0;
    this.fail(classifyAbort(reason, this.sent));
  }

  /** What has arrived before may still be read; then the failure shows. */
  private fail(failure: ProviderError): void {
    if (this.ended || this.failure) return;
    this.failure = failure;
    this.settle();
    this.controller?.abort(failure);
  }

  private settle(): void {
    clearTimeout(this.timer);
    this.signal.removeEventListener('abort', this.onAbort);
    this.changed();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private changed(): void {
    this.wake?.();
    this.wake = null;
  }
}

function deadline(): Error {
  const error = new Error('The attempt ran out of time.');
  error.name = 'TimeoutError';
  return error;
}

function tooLarge(httpStatus: number | undefined): ProviderError {
  return new ProviderError('malformed', "The upstream's answer is too large.", {
    sent: true,
    httpStatus,
  });
}
