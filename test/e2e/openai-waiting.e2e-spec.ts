import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';
import { type Body, SurfaceClient } from './openai-client.js';

const CREDITS = 100;
const PRICE = 2;
const REQUEST = { model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024' };

describe('an answer that is waited for', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string };
  let client: SurfaceClient;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl });
  });

  beforeEach(async () => {
    customer = await app.givenCustomer(CREDITS);
    client = new SurfaceClient(app, customer.secret);
    stub.reset();
  });

  afterAll(async () => {
    await app.stop();
    await stub.close();
  });

  async function stateWhenEnded(path: string): Promise<Body> {
    for (;;) {
      const state = (await (await client.get(path)).json()) as Body;
      if (state.status !== 'processing' && state.status !== 'pending') return state;
      expect(state).toMatchObject({ data: [], receipt: { held: PRICE, captured: 0 } });
      await pause(100);
    }
  }

  it('ends with 504 and the way to the pictures, which are made and charged once', async () => {
    const hasty = await startApp({
      stub: stub.baseUrl,
      env: { ANSWER_DEADLINE_SECONDS: '1' },
      database: app.database,
      dataDir: app.dataDir,
    });
    const release = stub.hold();
    const answer = await new SurfaceClient(hasty, customer.secret).post(REQUEST);
    release();
    const location = answer.headers.get('location') ?? '';
    expect([answer.status, await answer.json()]).toMatchObject([
      504,
      { error: { type: 'server_error', code: 'generation_in_progress' } },
    ]);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(location).toBe(`/v1/images/${answer.headers.get('x-generation-id')}`);
    expect(await stateWhenEnded(location)).toMatchObject({ status: 'succeeded', data: [{}] });
    expect(await app.balanceOf(customer.accountId)).toEqual({
      available: CREDITS - PRICE,
      held: 0,
    });
    await hasty.stop();
  });

  it('goes on without the client: a repeat by key gets the pictures of the first', async () => {
    const release = stub.hold();
    const headers = { 'idempotency-key': 'left-alone' };
    const leaving = new AbortController();
    const left = fetch(`${app.url}/v1/images/generations`, {
      method: 'POST',
      signal: leaving.signal,
      headers: {
        ...headers,
        authorization: `Bearer ${customer.secret}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(REQUEST),
    });
    left.catch(() => undefined);
    await until(() => stub.inFlight === 1);
    leaving.abort();
    await expect(left).rejects.toThrow();
    const repeated = client.post(REQUEST, { headers });
    release();
    const again = await repeated;
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(stub.calls).toHaveLength(1);
    expect(await app.balanceOf(customer.accountId)).toEqual({
      available: CREDITS - PRICE,
      held: 0,
    });
  });

  it('delivers and charges the images there are', async () => {
    stub.next('ok', { images: 3 });
    const answer = await client.post({ ...REQUEST, n: 4 });
    const { data } = (await answer.json()) as { data: unknown[] };
    expect([answer.status, data.length]).toEqual([200, 3]);
    expect(answer.headers.get('x-images-delivered')).toBe('3/4');
    expect((await app.balanceOf(customer.accountId)).available).toBe(CREDITS - 3 * PRICE);
  });

  it('is 503 when a stored picture cannot be read, and the link form still answers', async () => {
    const id = (await client.post(REQUEST)).headers.get('x-generation-id') ?? '';
    await removeFilesOf(customer.accountId);
    const encoded = await client.get(`/v1/images/${id}?response_format=b64_json`);
    expect([encoded.status, await encoded.json()]).toMatchObject([
      503,
      { error: { code: 'storage_unavailable' } },
    ]);
    expect((await client.get(`/v1/images/${id}`)).status).toBe(200);
  });

  async function removeFilesOf(accountId: string): Promise<void> {
    const entries = await readdir(app.dataDir, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && entry.parentPath.includes(accountId))
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.length).toBeGreaterThan(0);
    await Promise.all(files.map((file) => rm(file)));
  }
});
