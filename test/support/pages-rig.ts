import { type Sweeper, SWEEPERS } from '../../src/relay/retention/sweeper.js';
import { until } from './until.js';
import { startApp, type TestApp, type TestAppOptions } from './app.js';
import { startUpstreamStub, type UpstreamStub } from './upstream-stub/upstream-stub.mjs';

export interface PageAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** An account whose public pictures have pages. */
export interface Owner {
  readonly accountId: string;
  readonly secret: string;
}

const TASKS = '/api/open/v1/images/generations';

/** The whole application, seen as a browser sees it that follows no redirect. */
export class PagesRig {
  private constructor(
    readonly app: TestApp,
    readonly stub: UpstreamStub,
  ) {}

  static async start(options: TestAppOptions = {}): Promise<PagesRig> {
    const stub = await startUpstreamStub();
    // What an upstream never answers is not waited for when the application stops.
    const env = { SHUTDOWN_GRACE_SECONDS: '0', ...options.env };
    return new PagesRig(await startApp({ stub: stub.baseUrl, ...options, env }), stub);
  }

  async stop(): Promise<void> {
    await this.app.stop();
    await this.stub.close();
  }

  async get(path: string, init: RequestInit = {}): Promise<PageAnswer> {
    const answer = await fetch(this.app.url + path, { redirect: 'manual', ...init });
    const { status, headers } = answer;
    return { status, headers, text: await answer.text() };
  }

  async givenOwner(credits = 1000): Promise<Owner> {
    const { id: accountId } = await this.app.givenAccount(credits, 'paid');
    const { secret } = await this.app.givenKey(accountId);
    return { accountId, secret };
  }

  /** A task of the owner's as it has ended; its id. */
  async givenTask(
    { secret }: Owner,
    prompt: string,
    visibility: 'public' | 'private' = 'public',
  ): Promise<string> {
    const id = await this.beginTask({ secret }, prompt, visibility);
    await until(async () => {
      const [{ ended }] = await this.app.database.query<{ ended: boolean }>(
        'SELECT finished_at IS NOT NULL AS ended FROM generations WHERE id = $1',
        [id],
      );
      return ended;
    }, 60_000);
    return id;
  }

  async beginTask(
    { secret }: Pick<Owner, 'secret'>,
    prompt: string,
    visibility = 'public',
  ): Promise<string> {
    const answer = await fetch(this.app.url + TASKS, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ prompt, visibility }),
    });
    expect(answer.status).toBe(200);
    return answer.headers.get('x-generation-id') ?? '';
  }

  /** The background run that finds what a takedown has missed. */
  async sweepBlockedImages(): Promise<void> {
    const sweepers = this.app.app.get<Sweeper[]>(SWEEPERS, { strict: false });
    await sweepers.find(({ name }) => name === 'blocked_images')?.sweep();
  }

  /** What the owner says on the list of tasks. */
  async showPrompt(id: string): Promise<void> {
    await this.app.database.query('INSERT INTO shown_prompts (generation_id) VALUES ($1)', [id]);
  }
}

/**
 * Names of tags and of their attributes in order: what is left of a page when its
 * texts are taken away. A text that reaches it was not escaped.
 */
export function skeletonOf(page: string): string[] {
  return [...page.matchAll(/<([^>]*)>/g)].map(([, tag]) => tag.replace(/"[^"]*"/g, '""'));
}
