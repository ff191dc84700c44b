import { Readable } from 'node:stream';
import { DomainError } from '../../common/domain-error.js';
import type { ProviderInput } from '../image-provider.js';

/** Text as it is, or the bytes of an input, as they are or as base64. */
export type BodyPiece = string | { readonly input: ProviderInput; readonly encode?: Encoding };

/** How the bytes of an input are written. */
export interface Encoding {
  length(bytes: number): number;
  encode(file: Readable): AsyncIterable<Buffer, undefined>;
}

/**
 * A body whose inputs are read from the store while it is sent, one after the
 * other: no picture is ever held, and none is opened before its turn.
 */
export class StreamedBody {
  private readFailure: DomainError | null = null;
  private opened: Readable | null = null;

  constructor(private readonly pieces: readonly BodyPiece[]) {}

  /** Bytes in all. */
  get length(): number {
    return this.pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
  }

  /** Why an input could not be read; null while none failed. */
  failure(): DomainError | null {
    return this.readFailure;
  }

  /** To be read once, or destroyed. */
  stream(): Readable {
    const stream = Readable.from(this.bytes(), { objectMode: false });
    // Destroyed before the body was begun, or between two inputs, nothing else would close it.
    return stream.once('close', () => this.opened?.destroy());
  }

  private async *bytes(): AsyncGenerator<Buffer> {
    for (const piece of this.pieces) {
      if (typeof piece === 'string') yield Buffer.from(piece);
      else yield* this.input(piece.input, piece.encode);
    }
  }

  private async *input(input: ProviderInput, encoding?: Encoding): AsyncGenerator<Buffer> {
    try {
      const file = await this.noting(input.open());
      this.opened = file;
      const bytes: AsyncIterable<Buffer, undefined> = encoding ? encoding.encode(file) : file;
      const iterator = bytes[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await this.noting(iterator.next());
        if (done) return;
        // An error of the connection comes in here; it says nothing of the input.
        yield value;
      }
    } finally {
      this.opened?.destroy();
      this.opened = null;
    }
  }

  /** Keeps what reading an input fails with: the connection's error hides it. */
  private async noting<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (cause) {
      this.readFailure = cause instanceof DomainError ? cause : unreadable(cause);
      throw this.readFailure;
    }
  }
}

function unreadable(cause: unknown): DomainError {
  return new DomainError('storage_unavailable', 'A stored image cannot be read at the moment.', {
    cause,
  });
}

function lengthOf(piece: BodyPiece): number {
  if (typeof piece === 'string') return Buffer.byteLength(piece);
  const { input, encode } = piece;
  return encode ? encode.length(input.bytes) : input.bytes;
}
