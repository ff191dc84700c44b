import { startApp, type TestApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { AiRelayClient, ASKED, GENERATE } from './ai-relay-client.js';

const UUID = /^[0-9a-f-]{36}$/;

describe('the envelope routes of /api/ai', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let client: AiRelayClient;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl });
    client = await AiRelayClient.of(app);
  });

  afterEach(() => void stub.reset());

  afterAll(async () => {
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await app.stop();
    await stub.close();
  });

  it('generates, charges once, and answers with a link of ours that stays', async () => {
    const { secret, accountId } = await client.given(10);

    const { status, headers, body } = await client.generate(secret, { ...ASKED, quality: 'low' });

    expect(status).toBe(200);
    expect(body).toEqual({
      code: 0,
      message: '请求成功',
      requestId: headers.get('x-request-id'),
      data: {
        created: expect.any(Number),
        list: [{ url: expect.stringMatching(new RegExp(`^${app.url}/files/[\\w-]+\\.png$`)) }],
        usage: { input_tokens: 50, output_tokens: 200, total_tokens: 250 },
        output_format: 'png',
        quality: 'low',
        size: '1024x1024',
      },
    });
    expect(headers.get('x-generation-id')).toMatch(UUID);
    expect(headers.get('x-images-delivered')).toBe('1/1');
    expect(headers.get('cache-control')).toBe('no-store');
    const picture = await fetch(body.data.list[0].url);
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png']);
    await picture.arrayBuffer();
    expect(await app.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
  });

  it('answers base64 when asked, one entry per image', async () => {
    const { secret } = await client.given(10);

    const asked = { ...ASKED, n: 2, response_format: 'b64_json' };
    const { body } = await client.generate(secret, asked);

    expect(body.data.list).toHaveLength(2);
    for (const entry of body.data.list) {
      expect(Object.keys(entry)).toEqual(['b64_json']);
      expect(
        Buffer.from(entry.b64_json ?? '', 'base64')
          .subarray(1, 4)
          .toString(),
      ).toBe('PNG');
    }
  });

  it('takes a key as X-Api-Key or Bearer', async () => {
    const { secret } = await client.given(10);

    const answer = await client.send('POST', GENERATE, GENERATE, {
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(ASKED),
    });

    expect(answer.body.code).toBe(0);
  });

  it('starts a task, holds its price, and tells what became of it', async () => {
    const { secret, accountId } = await client.given(10);
    stub.always('hang');
    const started = await client.post(`${GENERATE}/async`, secret, { ...ASKED, n: 2 });
    const { logId } = started.body.data;
    expect(started.body.data).toEqual({ logId, status: 'generating' });
    expect(started.headers.get('x-generation-id')).toBe(logId);

    const { body } = await client.task(secret, logId);

    expect(body.data).toEqual({
      logId,
      status: 'generating',
      startedAt: expect.any(String),
      points: 4,
      request: { model: ASKED.model, prompt: ASKED.prompt, n: 2, size: ASKED.size },
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect(await app.balanceOf(accountId)).toEqual({ available: 6, held: 4 });
    expect((await client.task((await client.given(0)).secret, logId)).body.code).toBe(12303);
  });

  it('has the images of a task under links that stay', async () => {
    const { secret } = await client.given(10);

    const { body } = await client.post(`${GENERATE}/async`, secret, ASKED);
    const task = await client.ended(secret, body.data.logId);

    expect(task).toMatchObject({
      status: 'success',
      points: 2,
      duration: expect.any(Number),
      response: { list: [{ url: task.images[0].url }], size: '1024x1024' },
      images: [{ url: expect.stringContaining(`${app.url}/files/`), width: 1024, height: 1024 }],
    });
    expect((await fetch(task.images[0].url)).status).toBe(200);
  });
});
