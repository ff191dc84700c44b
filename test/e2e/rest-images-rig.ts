import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { readSeed, type WireDocument, WireSchemas } from '../support/wire-schemas.js';
import { type Answer, RestClient } from './rest-images-client.js';

export const GENERATE = 'POST /api/v1/images/generate';
export const LIST = 'GET /api/v1/images';
export const GET = 'GET /api/v1/images/{id}';
export const ACCOUNT = 'GET /api/v1/account';
export const USAGE = 'GET /api/v1/usage';
export const CREDITS = 100;

/** The application on an upstream stub, and both documents its answers are judged by. */
export class RestRig {
  private constructor(
    readonly app: TestApp,
    readonly stub: UpstreamStub,
    readonly seed: WireSchemas,
    readonly ours: WireSchemas,
  ) {}

  static async start(): Promise<RestRig> {
    const stub = await startUpstreamStub();
    const app = await startApp({ stub: stub.baseUrl });
    const document = (await (
      await fetch(`${app.url}/docs/rest-images-json`)
    ).json()) as WireDocument;
    const seed = new WireSchemas(readSeed('002_getimages.openapi.json'));
    return new RestRig(app, stub, seed, new WireSchemas(document));
  }

  async stop(): Promise<void> {
    await this.app.stop();
    await this.stub.close();
  }

  async givenClient(
    credits = CREDITS,
  ): Promise<{ client: RestClient; accountId: string; secret: string }> {
    const { accountId, secret } = await this.app.givenCustomer(credits);
    return { client: new RestClient(this.app, secret), accountId, secret };
  }

  /** The answer has this status, and the shape that both documents give it. */
  expectAnswer(operation: string, status: number, answer: Answer): void {
    expect([operation, answer.status, answer.body.error]).toEqual([
      operation,
      status,
      status < 400 ? undefined : expect.anything(),
    ]);
    expect(this.ours.answerProblems(operation, status, answer.body)).toEqual([]);
    // An image with bytes is one without them too by the seed's own schema, so there its oneOf fits neither.
    const problems =
      operation === GET && status === 200 && 'b64_json' in answer.body.image
        ? this.seed.problemsBy('GetImageResponse', answer.body)
        : this.seed.answerProblems(operation, status, answer.body);
    expect(problems).toEqual([]);
  }
}
