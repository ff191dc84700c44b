import sharp from 'sharp';
import { type TestApp, startApp } from '../../support/app.js';
import { BreakingProxy, type Fate } from '../../support/breaking-proxy.js';
import { makeImage } from '../../support/images.js';
import { shippedUpstreams } from '../../support/shipped-upstreams.js';
import {
  startUpstreamStub,
  type UpstreamStub,
} from '../../support/upstream-stub/upstream-stub.mjs';
import type { ClientCase } from './client-case.js';

const CREDITS = 100;
/** Neither square nor the default of anything, so that an input is never taken for an answer. */
const INPUT = { width: 320, height: 240, noise: true };

/** A customer with a key and credits. */
export interface Customer {
  readonly accountId: string;
  readonly secret: string;
}

/** A running application, an upstream behind it, a customer before it, and pictures to edit. */
export class Bench {
  private fates: Fate[] = [];
  private current: Customer;

  private constructor(
    readonly app: TestApp,
    readonly stub: UpstreamStub,
    readonly files: { readonly png: Buffer; readonly jpeg: Buffer; readonly mask: Buffer },
    private proxy: BreakingProxy,
  ) {}

  static async start(): Promise<Bench> {
    const stub = await startUpstreamStub();
    const app = await startApp({ upstreams: await shippedUpstreams(stub.baseUrl) });
    const png = await makeImage('png', INPUT);
    const jpeg = await makeImage('jpeg', INPUT);
    const mask = await sharp(png).ensureAlpha(0.3).png().toBuffer();
    const port = Number(new URL(app.url).port);
    const proxy: BreakingProxy = await BreakingProxy.start(port, () => bench.nextFate());
    const bench = new Bench(app, stub, { png, jpeg, mask }, proxy);
    return bench;
  }

  /** Where clients find the API. */
  get baseUrl(): string {
    return `${this.app.url}/v1`;
  }

  get secret(): string {
    return this.current.secret;
  }

  get accountId(): string {
    return this.current.accountId;
  }

  /** The same API behind a connection that meets with these fates, one request each. */
  brokenBaseUrl(...fates: Fate[]): string {
    this.fates = fates;
    return `${this.proxy.url}/v1`;
  }

  /** Sends as the customer does by hand. */
  post(path: string, init: RequestInit): Promise<Response> {
    const headers = { authorization: `Bearer ${this.secret}`, ...init.headers };
    return fetch(this.app.url + path, { method: 'POST', ...init, headers });
  }

  postJson(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
    return this.post(path, {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  /** One case by a customer of its own: pictures, charge and calls are as it says. */
  async expect({ run, pictures, charge, calls }: ClientCase): Promise<void> {
    this.stub.reset();
    this.fates = [];
    this.current = await this.app.givenCustomer(CREDITS);
    const files = await run(this);
    expect(await Promise.all(files.map(sizeOf))).toEqual(pictures);
    const { available, held } = await this.app.balanceOf(this.accountId);
    expect({ charge: CREDITS - available, held }).toEqual({ charge, held: 0 });
    expect(this.stub.calls).toHaveLength(calls);
  }

  async stop(): Promise<void> {
    expect(await this.app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await this.proxy.stop();
    await this.app.stop();
    await this.stub.close();
  }

  private nextFate(): Fate {
    return this.fates.shift() ?? { kind: 'pass' };
  }
}

/** Of what a picture decodes to, pixel by pixel. */
async function sizeOf(file: Buffer): Promise<string> {
  const { info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  return `${info.width}x${info.height}`;
}
