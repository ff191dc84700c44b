import type { Response } from 'express';
import { BufferPool } from '../common/buffer-pool.js';

/** A string of this length lies in memory that has just been used; longer ones are mapped anew. */
const PIECE_BYTES = 64 * 1024;
const pool = new BufferPool(PIECE_BYTES, 32);

/**
 * Takes a piece of an answer and resolves when the next one may come: false when
 * nobody reads any more. `done` is called when the piece's memory is free.
 */
export type SendPiece = (piece: Buffer, done: () => void) => Promise<boolean>;

/** Sends pieces as the client takes them. */
export function sendTo(response: Response): SendPiece {
  return async (piece, done) => {
    if (response.destroyed) return false;
    if (!response.write(piece, done)) await drained(response);
    return !response.destroyed;
  };
}

/** Also when the client leaves instead. */
export function drained(response: Response): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });
}

/**
 * Collects text and pictures as base64 into pieces of 64 KiB from a pool, so
 * that an answer costs no memory of its own and a small one is a single piece.
 * When nobody reads any more it does nothing.
 */
export class PooledWriter {
  private piece: Buffer | null = null;
  private filled = 0;
  private left = false;

  constructor(private readonly send: SendPiece) {}

  async text(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length && !this.left;) {
      const piece = await this.room(1);
      const copied = bytes.copy(piece, this.filled, at);
      this.filled += copied;
      at += copied;
    }
  }

  /**
   * A file's bytes as base64.
   *
   * @param file whose chunks may be overwritten when the next one is asked for
   * @throws what reading it fails with
   */
  async base64(file: AsyncIterable<Buffer>): Promise<void> {
    let carry: Buffer = Buffer.alloc(0);
    for await (const chunk of file) {
      if (this.left) return;
      let start = 0;
      if (carry.length > 0) {
        start = Math.min(3 - carry.length, chunk.length);
        carry = Buffer.concat([carry, chunk.subarray(0, start)]);
        if (carry.length < 3) continue;
        await this.encode(carry, 0, 3);
      }
      const end = chunk.length - ((chunk.length - start) % 3);
      await this.encode(chunk, start, end);
      carry = Buffer.from(chunk.subarray(end));
    }
    await this.encode(carry, 0, carry.length);
  }

  /** What is base64 already. Its memory is not this writer's. */
  async pass(base64: AsyncIterable<Buffer>): Promise<void> {
    for await (const piece of base64) {
      await this.flush();
      if (this.left) return;
      this.left = !(await this.send(piece, () => undefined));
    }
  }

  async flush(): Promise<void> {
    const { piece, filled } = this;
    if (!piece || filled === 0 || this.left) return;
    this.takePiece();
    this.left = !(await this.send(piece.subarray(0, filled), () => pool.giveBack(piece)));
  }

  /** What has not been sent, for whoever ends the answer with it, and what to call then. */
  rest(): { readonly bytes: Buffer; readonly done: () => void } {
    const { piece, filled } = this;
    if (!piece) return { bytes: Buffer.alloc(0), done: () => undefined };
    this.takePiece();
    return { bytes: piece.subarray(0, filled), done: () => pool.giveBack(piece) };
  }

  private takePiece(): void {
    this.piece = null;
    this.filled = 0;
  }

  private async encode(bytes: Buffer, start: number, end: number): Promise<void> {
    for (let at = start; at < end && !this.left;) {
      const piece = await this.room(4);
      const next = Math.min(at + ((PIECE_BYTES - this.filled) >> 2) * 3, end);
      this.filled += piece.write(bytes.toString('base64', at, next), this.filled, 'latin1');
      at = next;
    }
  }

  /** A piece with that many bytes free. */
  private async room(bytes: number): Promise<Buffer> {
    if (PIECE_BYTES - this.filled < bytes) await this.flush();
    this.piece ??= pool.take();
    return this.piece;
  }
}
