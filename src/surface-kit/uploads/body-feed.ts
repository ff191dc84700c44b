import { Readable } from 'node:stream';
import type { Request } from 'express';
import { DomainError } from '../../common/domain-error.js';

/**
 * The body of a request as a stream that can be given up: destroying it leaves
 * the connection alone and throws the rest of the body away, so that a client
 * which is still sending gets to read the answer.
 *
 * @param count told of every chunk before it is handed on; what it throws ends the stream
 */
export function feedOf(
  request: Request,
  maxBytes: number,
  count: (bytes: number) => void,
): Readable {
  let received = 0;
  const feed = new Readable({
    read: () => void request.resume(),
    destroy: (error, done) => {
      detach();
      request.resume();
      done(error);
    },
  });
  const onData = (chunk: Buffer): void => {
    received += chunk.length;
    try {
      if (received > maxBytes) throw tooLarge(maxBytes);
      count(chunk.length);
    } catch (error) {
      feed.destroy(error as Error);
      return;
    }
    if (!feed.push(chunk)) request.pause();
  };
  // The connection may close before the last of the body is read from here.
  const onEnd = (): void => {
    detach();
    feed.push(null);
  };
  const onBroken = (): void => void feed.destroy(cutShort());
  const detach = (): void => {
    request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
  };
  // It may end before anybody listens; whoever reads meets the error again.
  feed.on('error', () => undefined);
  if (request.destroyed) feed.destroy(cutShort());
  else request.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
  return feed;
}

/** What a request says its body has, bytes; 0 where it says nothing. */
export function announcedBytes(request: Pick<Request, 'headers'>): number {
  return Number(request.headers['content-length'] ?? 0);
}

export function tooLarge(maxBytes: number): DomainError {
  return new DomainError('request_too_large', `The body may have at most ${maxBytes} bytes.`);
}

function cutShort(): DomainError {
  return new DomainError('invalid_value', 'The connection ended before the body did.');
}
