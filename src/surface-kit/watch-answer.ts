import type { Socket } from 'node:net';
import type { Response } from 'express';

/** The last answer on a connection, until the client shows that it read it by asking again. */
interface LastAnswer {
  readonly bytesRead: number;
  readonly lost: () => void;
}

const lastAnswers = new WeakMap<Socket, LastAnswer>();

/**
 * Tells once when an answer did not reach its client: the connection ended
 * before the answer did, or broke (not closed in good order) after the last byte
 * was handed to the system and before the client asked anything else.
 *
 * Costs the happy path two listeners.
 */
export function watchAnswer(response: Response, onLost: () => void): void {
  const { socket } = response;
  if (!socket || response.closed || socket.destroyed) return onLost();
  response.once('close', () => {
    if (response.writableFinished) watchConnection(socket, onLost);
    else onLost();
  });
}

/** One listener per connection, however many answers it carries. */
function watchConnection(socket: Socket, lost: () => void): void {
  const known = lastAnswers.has(socket);
  lastAnswers.set(socket, { bytesRead: socket.bytesRead, lost });
  if (known) return;
  socket.once('close', (broken) => {
    const last = lastAnswers.get(socket);
    if (broken && last?.bytesRead === socket.bytesRead) last.lost();
  });
}
