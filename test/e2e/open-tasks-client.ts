import type { KeyDraft } from '../../src/api-keys/index.js';
import type { TestApp } from '../support/app.js';
import { Contract, type ContractDocument, readSeed } from '../support/contract.js';
import { until } from '../support/until.js';

export const CREATE = '/api/open/v1/images/generations';
export const FIND = '/api/open/v1/images/generations/{id}';
export const CREDITS = '/api/open/v1/credits';

/** What the document lists nowhere and every surface answers all the same. */
const UNLISTED = [405, 413, 415, 429];

export interface Task {
  readonly id: string;
  readonly status: string;
  readonly cost_credits: number;
  readonly visibility: string;
  readonly task_id: string | null;
  readonly task_info: Record<string, unknown> | null;
  readonly task_result: { readonly images: readonly TaskImage[] } | null;
  readonly [field: string]: unknown;
}

interface TaskImage {
  readonly url: string;
  readonly width: number;
  readonly height: number;
  readonly content_type: string;
}

export interface TaskAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: {
    readonly code: number;
    readonly message: string;
    readonly error?: string;
    readonly data: Task & { readonly remaining_credits: number };
  };
}

/** Calls of this API; every answer is held against the seed's document and against our own. */
export class OpenTasksClient {
  readonly seed = new Contract(readSeed('001_gip_open_v1.openapi.json'));

  private constructor(
    private readonly app: TestApp,
    readonly own: Contract,
  ) {}

  static async of(app: TestApp): Promise<OpenTasksClient> {
    const document = await fetch(`${app.url}/docs/open-tasks-json`);
    return new OpenTasksClient(app, new Contract((await document.json()) as ContractDocument));
  }

  /** A paid account with credits and a key for it. */
  async givenPaid(credits: number, draft: Partial<KeyDraft> = {}) {
    const { id: accountId } = await this.app.givenAccount(credits, 'paid');
    const { key, secret } = await this.app.givenKey(accountId, { style: 'gip', ...draft });
    return { accountId, secret, keyId: key.id };
  }

  create(secret: string, body: unknown, headers: Record<string, string> = {}): Promise<TaskAnswer> {
    return this.send('POST', CREATE, CREATE, {
      headers: { ...bearer(secret), 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
  }

  find(secret: string, id: string): Promise<TaskAnswer> {
    return this.send('GET', FIND, `${CREATE}/${id}`, { headers: bearer(secret) });
  }

  credits(secret: string): Promise<TaskAnswer> {
    return this.send('GET', CREDITS, CREDITS, { headers: bearer(secret) });
  }

  /** Asks after a task until it has ended. */
  async ended(secret: string, id: string): Promise<Task> {
    let task: Task | undefined;
    await until(async () => {
      task = (await this.find(secret, id)).body.data;
      return task !== undefined && !['pending', 'processing'].includes(task.status);
    });
    return task as Task;
  }

  /**
   * @param method the operation's; `init` may call with another one
   * @param operation the path as documents have it
   * @param path the path that is called
   */
  async send(
    method: string,
    operation: string,
    path: string,
    init: RequestInit = {},
  ): Promise<TaskAnswer> {
    const answer = await fetch(this.app.url + path, { method, ...init });
    const text = await answer.text();
    const body = JSON.parse(text) as TaskAnswer['body'];
    const { status, headers } = answer;
    this.judge(method, operation, status, body);
    return { status, headers, text, body };
  }

  private judge(method: string, operation: string, status: number, body: unknown): void {
    const listed = UNLISTED.includes(status) ? 401 : status;
    expect(this.seed.problemsOf(method, operation, listed, body)).toEqual([]);
    const own = this.own.statusesOf(method, operation).includes(String(status)) ? status : 401;
    expect(this.own.problemsOf(method, operation, own, body)).toEqual([]);
  }
}

export function bearer(secret: string): Record<string, string> {
  return { authorization: `Bearer ${secret}` };
}
