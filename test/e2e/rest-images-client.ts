import type { TestApp } from '../support/app.js';

export type Body = Readonly<Record<string, unknown>>;

/** The parts of answers that tests look into. */
export interface AnswerBody {
  readonly image: Readonly<Record<string, string>>;
  readonly error: { readonly details: readonly { readonly path: string; readonly code: string }[] };
  readonly transactions: readonly Transaction[];
  readonly [field: string]: unknown;
}

interface Transaction {
  readonly type: string;
  readonly amount: number;
  readonly referenceId: string | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
}

export const ASKED = { prompt: 'a lighthouse at dusk', modelId: 'openai:gpt-image-2' };

/** One key of a running application on the surface `/api/v1`. */
export class RestClient {
  constructor(
    private readonly app: TestApp,
    private readonly secret: string,
  ) {}

  generate(body: Body, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('POST', '/images/generate', JSON.stringify(body), headers);
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  async send(
    method: string,
    path: string,
    body?: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await fetch(`${this.app.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.secret}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body as string,
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: JSON.parse(text) as AnswerBody,
    };
  }
}
