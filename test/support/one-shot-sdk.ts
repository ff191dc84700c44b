import OpenAI from 'openai';
import { Agent, fetch as undiciFetch, type RequestInit } from 'undici';

/**
 * The official SDK with its defaults (two retries), but a connection per request, so
 * that a proxy's fate of a connection is that of one request.
 */
export class OneShotSdk {
  readonly client: OpenAI;
  private readonly agent = new Agent({ pipelining: 0, connections: null });

  constructor(origin: string, apiKey: string, options: { timeout?: number } = {}) {
    const send = (url: unknown, init: unknown) =>
      undiciFetch(String(url), { ...(init as RequestInit), dispatcher: this.agent });
    this.client = new OpenAI({
      apiKey,
      baseURL: `${origin}/v1`,
      fetch: send as unknown as typeof fetch,
      ...options,
    });
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}
