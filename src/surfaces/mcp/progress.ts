import type { ProgressToken, ServerNotification } from '@modelcontextprotocol/sdk/types.js';

/**
 * Tells a client that asked for it how its call gets on. Nobody knows how long
 * an upstream takes, so the number only grows, as the protocol wants.
 */
export class Progress {
  private told = 0;

  /** @param token the client's name for the call; undefined when it did not ask */
  constructor(
    private readonly token: ProgressToken | undefined,
    private readonly send: (notification: ServerNotification) => Promise<void>,
  ) {}

  async tell(message: string): Promise<void> {
    if (this.token === undefined) return;
    this.told += 1;
    const params = { progressToken: this.token, progress: this.told, message };
    // A client that left misses it, and nothing else is lost.
    await this.send({ method: 'notifications/progress', params }).catch(() => undefined);
  }
}
