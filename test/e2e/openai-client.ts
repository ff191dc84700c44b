import OpenAI from 'openai';
import type { TestApp } from '../support/app.js';

export type Body = Readonly<Record<string, unknown>>;

export const SKETCH = { model: 'easel-sketch', prompt: 'a lighthouse at dusk' };

/** One customer of a running application, by SDK and by hand. */
export class SurfaceClient {
  constructor(
    private readonly app: TestApp,
    readonly secret: string,
  ) {}

  /** The official SDK, told base URL and key only; it does not retry unless told. */
  sdk(prefix = '', maxRetries = 0): OpenAI {
    return new OpenAI({
      apiKey: this.secret,
      baseURL: `${this.app.url}${prefix}/v1`,
      maxRetries,
    });
  }

  post(
    body: Body,
    {
      path = '/v1/images/generations',
      headers = {},
    }: { path?: string; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    return fetch(this.app.url + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.secret}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
    });
  }

  get(path: string): Promise<Response> {
    return this.send('GET', path);
  }

  delete(path: string): Promise<Response> {
    return this.send('DELETE', path);
  }

  private send(method: string, path: string): Promise<Response> {
    const headers = { authorization: `Bearer ${this.secret}` };
    return fetch(this.app.url + path, { method, headers });
  }
}
