import type { Socket } from 'node:net';
import type { Response } from 'express';

/** What is to be done when an answer may not have reached its client; at most one of them is called. */
export interface AnswerFates {
  /** It did not. */
  lost(): void;
  /** It was sent whole, and the client closed the connection at once without another word. */
  doubtful(): void;
}

/** The last answer on a connection, until the client shows that it read it by asking again. */
interface LastAnswer {
  readonly bytesRead: number;
  /** When it was sent, on the clock of `performance`. */
  readonly at: number;
  /** More could have followed: only then does an end in good order say anything. */
  readonly stays: boolean;
  readonly fates: AnswerFates;
}

/** A connection that ends later than this was idle: the answer had been read. */
const AT_ONCE_MS = 2_000;

const lastAnswers = new WeakMap<Socket, LastAnswer>();

/**
 * Tells when an answer did not reach its client: the connection ended before the
 * answer did, or broke (not closed in good order) right after the last byte was
 * handed to the system and before the client asked anything else.
 *
 * Costs the happy path two listeners.
 */
export function watchAnswer(response: Response, fates: AnswerFates): void {
  const { socket } = response;
  if (!socket || response.closed || socket.destroyed) return fates.lost();
  response.once('close', () => {
    if (response.writableFinished) watchConnection(socket, fates, response.shouldKeepAlive);
    else fates.lost();
  });
}

/** One listener per connection, however many answers it carries. */
function watchConnection(socket: Socket, fates: AnswerFates, stays: boolean): void {
  const known = lastAnswers.has(socket);
  lastAnswers.set(socket, { bytesRead: socket.bytesRead, at: performance.now(), stays, fates });
  if (known) return;
  socket.once('close', (broken) => {
    const last = lastAnswers.get(socket);
    const isIdle = last?.bytesRead === socket.bytesRead;
    if (!last || !isIdle || performance.now() - last.at > AT_ONCE_MS) return;
    if (broken) last.fates.lost();
    else if (last.stays) last.fates.doubtful();
  });
}
