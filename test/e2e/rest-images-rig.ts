import { type TestApp, startApp } from '../support/app.js';
import { Contract, type ContractDocument, readSeed } from '../support/contract.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { type Answer, RestClient } from './rest-images-client.js';

/** Method and path, as the documents name them. */
export type Route = readonly [method: string, path: string];

export const GENERATE: Route = ['POST', '/api/v1/images/generate'];
export const LIST: Route = ['GET', '/api/v1/images'];
export const GET: Route = ['GET', '/api/v1/images/{id}'];
export const ACCOUNT: Route = ['GET', '/api/v1/account'];
export const USAGE: Route = ['GET', '/api/v1/usage'];
export const CREDITS = 100;

/** The application on an upstream stub, and both documents its answers are judged by. */
export class RestRig {
  private constructor(
    readonly app: TestApp,
    readonly stub: UpstreamStub,
    readonly seed: Contract,
    readonly ours: Contract,
  ) {}

  static async start(): Promise<RestRig> {
    const stub = await startUpstreamStub();
    const app = await startApp({ stub: stub.baseUrl });
    const document = (await (
      await fetch(`${app.url}/docs/rest-images-json`)
    ).json()) as ContractDocument;
    const seed = new Contract(readSeed('002_getimages.openapi.json'));
    return new RestRig(app, stub, seed, new Contract(document));
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
  expectAnswer(operation: Route, status: number, answer: Answer): void {
    expect([operation, answer.status, answer.body.error]).toEqual([
      operation,
      status,
      status < 400 ? undefined : expect.anything(),
    ]);
    expect(this.ours.problemsOf(...operation, status, answer.body)).toEqual([]);
    // An image with bytes is one without them too by the seed's own schema, so there its oneOf fits neither.
    const problems =
      operation === GET && status === 200 && 'b64_json' in answer.body.image
        ? this.seed.problemsBy('GetImageResponse', answer.body)
        : this.seed.problemsOf(...operation, status, answer.body);
    expect(problems).toEqual([]);
  }
}
