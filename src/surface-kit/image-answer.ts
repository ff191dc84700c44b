import type { Response } from 'express';
import { DomainError } from '../common/domain-error.js';
import { newCapability } from '../common/ids.js';
import type { Asset, LentFile } from '../storage/index.js';
import { logger } from '../observability/logger.js';
import { base64Length } from '../common/base64.js';
import { PooledWriter, sendTo } from './pooled-writer.js';

const log = logger('surface');

/** Opens an image's file; rejects when it cannot be read. */
export type OpenImage = (asset: Asset) => Promise<LentFile>;

/** One piece of an answer: text as it is, or an image's file to encode. */
type Piece = string | { readonly bytes: number; readonly file: LentFile };

/**
 * Answers a JSON body that holds pictures as base64, encoded from their stored
 * files while the client reads, so that no picture is ever held in memory
 * (design §2). `Content-Length` is exact.
 *
 * @param toBody the answer, given what to put in the place of each image's base64
 * @throws DomainError `storage_unavailable` when a file cannot be opened, before
 * anything was sent. A file that breaks later cuts the connection: the length
 * promised was never reached, so no client takes the answer for whole.
 */
export async function sendImages(
  response: Response,
  assets: readonly Asset[],
  open: OpenImage,
  toBody: (base64Of: (asset: Asset) => string) => object,
): Promise<void> {
  const marks = new Map(assets.map((asset) => [asset, `<${newCapability()}>`]));
  const json = JSON.stringify(toBody((asset) => marks.get(asset) ?? ''));
  const pieces = await openAll(json, marks, open);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader(
    'Content-Length',
    pieces.reduce((sum, piece) => sum + lengthOf(piece), 0),
  );
  try {
    await write(response, pieces);
  } catch (err) {
    response.destroy();
    log.warn('An image broke while it was sent', { err });
  } finally {
    closeAll(pieces);
  }
}

async function openAll(
  json: string,
  marks: ReadonlyMap<Asset, string>,
  open: OpenImage,
): Promise<Piece[]> {
  const pieces: Piece[] = [];
  let rest = json;
  try {
    for (const [asset, mark] of marks) {
      const [before, after] = rest.split(mark);
      pieces.push(before, { bytes: asset.bytes, file: await open(asset) });
      rest = after;
    }
  } catch (cause) {
    closeAll(pieces);
    throw cause instanceof DomainError ? cause : unreadable(cause);
  }
  return [...pieces, rest];
}

/** A client that leaves is nobody's fault: what it does not read is not read here either. */
async function write(response: Response, pieces: readonly Piece[]): Promise<void> {
  const writer = new PooledWriter(sendTo(response));
  for (const piece of pieces) {
    if (typeof piece === 'string') await writer.text(piece);
    else await writer.base64(piece.file);
  }
  const { bytes, done } = writer.rest();
  if (!response.destroyed) response.end(bytes, done);
}

function lengthOf(piece: Piece): number {
  return typeof piece === 'string' ? Buffer.byteLength(piece) : base64Length(piece.bytes);
}

function closeAll(pieces: readonly Piece[]): void {
  for (const piece of pieces) {
    if (typeof piece !== 'string') piece.file.destroy();
  }
}

function unreadable(cause: unknown): DomainError {
  return new DomainError('storage_unavailable', 'A stored image cannot be read at the moment.', {
    retryable: false,
    cause,
  });
}
