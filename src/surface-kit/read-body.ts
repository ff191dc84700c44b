import type { Request } from 'express';
import { DomainError } from '../common/domain-error.js';

/**
 * Reads a request's body, at most `maxBytes` of it, as it came.
 *
 * A body that says it is too large is refused unread; one that turns out to be
 * is refused as soon as it does, and the rest is thrown away so that the client
 * gets to read the answer.
 *
 * @throws DomainError `request_too_large`; `invalid_value` when the client left
 * half-way.
 */
export async function readBody(request: Request, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (finish: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
      finish();
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= maxBytes) return void chunks.push(chunk);
      settle(() => reject(tooLarge(maxBytes)));
      request.resume();
    };
    const onEnd = (): void => settle(() => resolve(Buffer.concat(chunks, size)));
    const onBroken = (): void => settle(() => reject(cutShort()));
    request.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
  });
}

function tooLarge(maxBytes: number): DomainError {
  return new DomainError('request_too_large', `The body may have at most ${maxBytes} bytes.`);
}

function cutShort(): DomainError {
  return new DomainError('invalid_value', 'The connection ended before the body did.');
}
