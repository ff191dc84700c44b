import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Client, type Dispatcher } from 'undici';
import { Env } from '../config/index.js';
import { checkUrl, isOriginOf } from './checked-url.js';
import { DialGuard } from './dial-guard.js';
import { EgressError } from './egress-error.js';

const MAX_HEADER_BYTES = 16_384;

/** The client's own clocks only stand behind ours, which says why. */
const SLACK_MS = 1000;

export interface FetchOptions {
  readonly maxBytes: number;
  /** From the call to the last byte, name lookup included. */
  readonly deadlineMs: number;
  /** Sent as `Accept`. */
  readonly accept: string;
  /** Origin of an upstream on a private network: it alone may be dialled there, on any port. */
  readonly allowOrigin?: string;
  readonly signal?: AbortSignal;
}

export interface FetchedFile {
  /** Raw bytes; fails with an `EgressError`. Read it to its end or destroy it. */
  readonly stream: Readable;
  /** What the server claims; the image gate believes bytes only. */
  readonly contentType: string | null;
}

/**
 * The only way out to URLs that somebody else wrote: reference images, image
 * links from upstreams, webhook receivers.
 *
 * https on the usual ports, to public addresses; nothing is followed, decoded or
 * sent along. Each call has a connection of its own, so a connection that was
 * allowed for one caller's origin is never used by another.
 */
@Injectable()
export class GuardedFetcher {
  constructor(
    private readonly guard: DialGuard,
    private readonly env: Env,
  ) {}

  /**
   * Gets one file. Resolves when the headers are there and promise a file.
   *
   * @throws EgressError, or the reason of `options.signal` as it is
   */
  async fetch(url: string, options: FetchOptions): Promise<FetchedFile> {
    options.signal?.throwIfAborted();
    const { allowOrigin } = options;
    const target = checkUrl(url, { allowHttp: this.env.ALLOW_HTTP_FETCH, allowOrigin });
    const client = this.clientFor(target, options);
    const clock = new FetchClock(options, () => void client.destroy());
    try {
      const response = await client.request(requestFor(target, options));
      checkResponse(response, options);
      return {
        stream: bodyOf(response, options.maxBytes, clock),
        contentType: text(response.headers['content-type']),
      };
    } catch (error) {
      clock.stop();
      throw clock.explain(error);
    }
  }

  private clientFor(target: URL, { allowOrigin, deadlineMs }: FetchOptions): Client {
    return new Client(target.origin, {
      connect: this.guard.connector({ allowPrivateNetwork: isOriginOf(allowOrigin, target) }),
      pipelining: 0,
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: deadlineMs + SLACK_MS,
      bodyTimeout: deadlineMs + SLACK_MS,
    });
  }
}

/**
 * Ends a fetch at its deadline or with its caller, by taking the connection away:
 * that works while the name is looked up as well as during the body.
 */
class FetchClock {
  private isLate = false;
  private readonly caller: AbortSignal | undefined;
  private readonly timer: NodeJS.Timeout;

  /** @param close closes the connection; harmless when it is closed. */
  constructor(
    { deadlineMs, signal }: FetchOptions,
    private readonly close: () => void,
  ) {
    this.caller = signal;
    this.caller?.addEventListener('abort', close, { once: true });
    this.timer = setTimeout(() => {
      this.isLate = true;
      close();
    }, deadlineMs).unref();
  }

  /** To be called when the fetch is over, however it ended. */
  stop(): void {
    clearTimeout(this.timer);
    this.caller?.removeEventListener('abort', this.close);
    this.close();
  }

  /** What the caller is told about an error of the connection. */
  explain(error: unknown): unknown {
    if (this.caller?.aborted) return this.caller.reason;
    if (error instanceof EgressError) return error;
    return new EgressError(this.isLate ? 'too_slow' : 'interrupted', { cause: error });
  }
}

function requestFor(target: URL, { accept }: FetchOptions): Dispatcher.RequestOptions {
  return {
    method: 'GET',
    path: target.pathname + target.search,
    headers: { accept, 'accept-encoding': 'identity', 'user-agent': 'Easel' },
  };
}

/** A redirect is an answer like any other that is no file. */
function checkResponse(
  { statusCode, headers }: Dispatcher.ResponseData,
  { maxBytes }: FetchOptions,
): void {
  if (statusCode !== 200) throw new EgressError('bad_status');
  const encoding = text(headers['content-encoding']) ?? 'identity';
  if (encoding !== 'identity') throw new EgressError('bad_encoding');
  if (Number(text(headers['content-length'])) > maxBytes) throw new EgressError('too_large');
}

function bodyOf({ body }: Dispatcher.ResponseData, maxBytes: number, clock: FetchClock): Readable {
  async function* read(): AsyncGenerator<Buffer> {
    let bytes = 0;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > maxBytes) throw new EgressError('too_large');
        yield chunk;
      }
    } catch (error) {
      throw clock.explain(error);
    }
  }
  // An error that comes before anybody reads is met again while reading.
  body.on('error', () => undefined);
  return Readable.from(read(), { objectMode: false }).once('close', () => clock.stop());
}

function text(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header : null;
}
