import type { KeyDraft } from '../../src/api-keys/index.js';
import type { TestApp } from '../support/app.js';
import { Contract, type ContractDocument, readSeed } from '../support/contract.js';
import { until } from '../support/until.js';

export const NATIVE = '/api/ai/images/generations';
export const MODELS = '/api/ai/models/image/generation';
export const EDIT_MODELS = '/api/ai/models/image/edit';
export const GENERATE = '/api/ai/image/generate';
export const EDIT = '/api/ai/image/edit';
export const TASK = '/api/ai/image/task/{logId}';

export const ASKED = { model: 'gpt-image-2', prompt: '黄昏的灯塔', size: '1024x1024' };

export type Body = Readonly<Record<string, unknown>>;

interface Picture {
  readonly url: string;
  readonly b64_json?: string;
}

/** The parts of answers that tests look into. */
export interface RelayBody {
  readonly code: number;
  readonly message: string;
  readonly requestId?: string;
  readonly timestamp?: number;
  readonly data: Body & {
    readonly logId: string;
    readonly status: string;
    readonly list: readonly Picture[];
    readonly images: readonly Picture[];
    readonly errorMessage?: string;
  };
}

export interface RelayAnswer<T = RelayBody> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: T;
}

/** Calls of this API; every answer is held against our own document, and the seed's where it has one. */
export class AiRelayClient {
  readonly seed = new Contract(readSeed('004_aitoearn_relay.openapi.json'));

  private constructor(
    private readonly app: TestApp,
    readonly own: Contract,
  ) {}

  static async of(app: TestApp): Promise<AiRelayClient> {
    const document = await fetch(`${app.url}/docs/ai-relay-json`);
    return new AiRelayClient(app, new Contract((await document.json()) as ContractDocument));
  }

  given(credits: number, draft: Partial<KeyDraft> = {}) {
    return this.app.givenCustomer(credits, draft);
  }

  generate(secret: string, body: unknown, headers: Record<string, string> = {}) {
    return this.post(GENERATE, secret, body, headers);
  }

  edit(secret: string, body: unknown, headers: Record<string, string> = {}) {
    return this.post(EDIT, secret, body, headers);
  }

  post(operation: string, secret: string, body: unknown, headers: Record<string, string> = {}) {
    return this.send('POST', operation, operation, {
      headers: { 'x-api-key': secret, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
  }

  task(secret: string, id: string, headers: Record<string, string> = {}) {
    const path = TASK.replace('{logId}', id);
    return this.send('GET', TASK, path, { headers: { 'x-api-key': secret, ...headers } });
  }

  /** Asks after a task until it has ended. */
  async ended(secret: string, id: string): Promise<RelayBody['data']> {
    let task: RelayBody['data'] | undefined;
    await until(async () => {
      task = (await this.task(secret, id)).body.data;
      return task.status !== 'generating';
    }, 60_000);
    return task as RelayBody['data'];
  }

  /**
   * @param operation the path as the document has it; `path` is the one that is called
   */
  async send<T = RelayBody>(
    method: string,
    operation: string,
    path: string,
    init: RequestInit = {},
  ): Promise<RelayAnswer<T>> {
    const answer = await fetch(this.app.url + path, { method, ...init });
    const text = await answer.text();
    const body = JSON.parse(text) as T;
    const { status, headers } = answer;
    expect(this.own.problemsOf(method, operation, status, body)).toEqual([]);
    return { status, headers, text, body };
  }
}
