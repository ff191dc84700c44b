import { Ajv2020 } from 'ajv/dist/2020.js';
import {
  closeServers,
  DialRecorder,
  FakeResolver,
  PUBLIC,
  serve,
} from '../support/dial-recorder.js';
import { type TestApp, startApp } from '../support/app.js';
import { makeImage } from '../support/images.js';
import { until } from '../support/until.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { callOf, McpClient, post, type ToolAnswer } from './mcp-client.js';
import { BAD_ADDRESSES } from './mcp-hostile.js';

const PROMPT = { prompt: 'a lighthouse', size: '1024x1024' };
const TOOLS = ['generate_image', 'edit_image', 'get_image', 'list_models', 'get_balance'];

describe('/mcp', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let recorder: DialRecorder;
  const clients: McpClient[] = [];

  beforeAll(async () => {
    const png = await makeImage('png', { width: 64, height: 48, noise: true });
    const site = await serve((_request, response) => response.end(png));
    stub = await startUpstreamStub();
    const stands = { [PUBLIC]: site, '127.0.0.1': stub.port };
    recorder = new DialRecorder(new Map(Object.entries(stands)));
    const resolver = new FakeResolver({ 'files.example': [[PUBLIC]], localhost: [['127.0.0.1']] });
    app = await startApp({
      stub: stub.baseUrl,
      env: { ALLOW_HTTP_FETCH: 'true' },
      egress: { dialer: recorder, resolver },
    });
  });
  beforeEach(() => void stub.reset());
  afterAll(async () => {
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await Promise.all(clients.map((client) => client.close()));
    await app.stop();
    await stub.close();
    await closeServers();
  });

  async function given(credits: number, draft: Parameters<TestApp['givenCustomer']>[1] = {}) {
    const customer = await app.givenCustomer(credits, draft);
    const mcp = await McpClient.of(app, customer.secret);
    clients.push(mcp);
    return { ...customer, mcp };
  }

  const kindsOf = ({ content }: ToolAnswer) => content.map(({ type }) => type);

  describe('introduces itself', () => {
    it('with tools whose schemas are strict JSON Schema: nothing that is not named', async () => {
      const { mcp } = await given(0);
      const { tools } = await mcp.client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(TOOLS);
      expect(mcp.client.getServerVersion()).toMatchObject({ name: 'easel' });
      const formats = { uuid: true, uri: true, 'date-time': true } as const;
      const ajv = new Ajv2020({ strict: true, strictTypes: true, formats });
      for (const { name, inputSchema, outputSchema, description } of tools) {
        expect([name, inputSchema.additionalProperties, description]).toEqual([
          name,
          false,
          expect.any(String),
        ]);
        expect(outputSchema?.additionalProperties).toBe(false);
        for (const schema of [inputSchema, outputSchema ?? {}]) ajv.compile(schema);
      }
    });

    it('without a session: any message may come first, and none is given an id', async () => {
      const { secret } = await app.givenCustomer(0);
      const answer = await post(app, secret, { jsonrpc: '2.0', id: 'x', method: 'tools/list' });
      expect(answer.headers.get('mcp-session-id')).toBeNull();
      expect(await answer.json()).toMatchObject({ jsonrpc: '2.0', id: 'x', result: { tools: {} } });
    });

    it('to a notification with 202 and nothing', async () => {
      const { secret } = await app.givenCustomer(0);
      const notification = { jsonrpc: '2.0', method: 'notifications/initialized' };
      const answer = await post(app, secret, notification);
      expect([answer.status, await answer.text()]).toEqual([202, '']);
    });
  });

  describe('generate_image', () => {
    it('answers with the picture, a link that works, its id and what it cost', async () => {
      const { mcp, accountId } = await given(10);

      const answer = await mcp.call('generate_image', PROMPT);

      expect(answer.facts).toMatchObject({
        status: 'succeeded',
        model: 'gpt-image-2',
        credits: { charged: 2, held: 0 },
        demo: false,
        error: null,
      });
      expect(kindsOf(answer)).toEqual(['text', 'image', 'resource_link']);
      const [{ url, bytes }] = answer.facts.images;
      const file = Buffer.from(await (await fetch(url)).arrayBuffer());
      const [, shown] = answer.content as { data?: string }[];
      expect(shown.data).toBe(file.toString('base64'));
      expect(file.length).toBe(bytes);
      expect(answer.text).toContain(url);
      expect(await app.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
    });

    it('answers with links alone where pictures are large, and as many as were asked for', async () => {
      stub.always('ok', { detail: 'noise' });
      const { mcp, accountId } = await given(10);

      const answer = await mcp.call('generate_image', { ...PROMPT, n: 2 });

      expect(kindsOf(answer)).toEqual(['text', 'resource_link', 'resource_link']);
      expect(answer.facts.images).toHaveLength(2);
      expect(answer.facts.credits).toEqual({ charged: 4, held: 0 });
      expect(await app.balanceOf(accountId)).toEqual({ available: 6, held: 0 });
    });

    it('gives clients of an earlier revision no content of a kind they do not know', async () => {
      const { secret } = await app.givenCustomer(10);
      const answer = await post(app, secret, callOf('generate_image', PROMPT), {
        'mcp-protocol-version': '2025-03-26',
      });
      const { result } = (await answer.json()) as { result: { content: { type: string }[] } };
      expect(result.content.map(({ type }) => type)).toEqual(['text', 'image']);
    });

    it('tells how it gets on, and first of all its id, to whoever asks for progress', async () => {
      const { mcp } = await given(10);
      const news: { progress: number; message?: string }[] = [];

      const answer = await mcp.call('generate_image', PROMPT, {
        onprogress: (progress) => void news.push(progress),
      });

      expect(news[0]).toMatchObject({
        progress: 1,
        message: expect.stringContaining(answer.facts.id) as string,
      });
      expect(answer.facts.status).toBe('succeeded');
    });

    it('goes on when its client loses the connection, and a repeat has the one picture', async () => {
      const { mcp, accountId, secret } = await given(10);
      stub.always('ok', { latencyMs: 2_000 });
      const leaving = new AbortController();
      const call = callOf('generate_image', PROMPT);
      const left = post(app, secret, call, {}, leaving.signal);
      await until(() => stub.inFlight === 1, 20_000);

      leaving.abort();
      await expect(left).rejects.toThrow();
      await until(async () => (await app.balanceOf(accountId)).held === 0, 20_000);
      const repeat = await mcp.call('generate_image', PROMPT);

      expect(repeat.facts.status).toBe('succeeded');
      expect(stub.calls).toHaveLength(1);
      expect(await app.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
    });

    it('goes on when its client gives the call up, and get_image has it, also without the id', async () => {
      const { mcp, accountId } = await given(10);
      stub.always('ok', { latencyMs: 2_000 });
      const leaving = new AbortController();
      const left = mcp.call('generate_image', PROMPT, { signal: leaving.signal });
      await until(() => stub.inFlight === 1, 20_000);

      leaving.abort();
      await expect(left).rejects.toThrow();
      const { facts } = await mcp.call('get_image');

      expect(facts).toMatchObject({ status: 'succeeded', credits: { charged: 2 }, images: [{}] });
      expect(stub.calls).toHaveLength(1);
      expect(await app.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
    });

    it('with an idempotency_key is paid once, and refuses the key for something else', async () => {
      const { mcp, accountId } = await given(10);
      const once = { ...PROMPT, idempotency_key: 'order-1' };

      const [first, second] = [
        await mcp.call('generate_image', once),
        await mcp.call('generate_image', { ...once, max_credits: 9 }),
      ];
      const other = await mcp.call('generate_image', { ...once, prompt: 'a fox' });

      expect(second.facts.id).toBe(first.facts.id);
      expect(other.code).toBe('idempotency_key_reused');
      expect(await app.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
    });

    it('without one makes two calls two pictures', async () => {
      const { mcp } = await given(10);
      const [first, second] = [
        await mcp.call('generate_image', PROMPT),
        await mcp.call('generate_image', PROMPT),
      ];
      expect(second.facts.id).not.toBe(first.facts.id);
    });

    it.each([
      ['refused', 'content_policy_violation'],
      ['status-500', 'upstream_unavailable'],
      ['not-an-image', 'upstream_invalid_response'],
    ] as const)('gives everything back when the upstream fails: %s', async (behaviour, code) => {
      const { mcp, accountId } = await given(10);
      stub.always(behaviour);

      const answer = await mcp.call('generate_image', PROMPT);

      expect([answer.failed, answer.code]).toEqual([true, code]);
      expect(answer.text + JSON.stringify(answer.meta)).not.toMatch(/stub|127\.0\.0\.1|\bat /);
      const id = answer.meta['easel/error'].generation_id as string;
      expect((await mcp.call('get_image', { id })).facts).toMatchObject({
        status: 'failed',
        credits: { charged: 0, held: 0 },
        error: { code },
      });
      expect(await app.balanceOf(accountId)).toEqual({ available: 10, held: 0 });
    });

    it('is refused without the credits for it, and nothing moves', async () => {
      const { mcp, accountId } = await given(1);
      const answer = await mcp.call('generate_image', PROMPT);
      expect([answer.failed, answer.code]).toEqual([true, 'insufficient_credits']);
      expect(answer.text).toContain('needs 2 credits; 1 are available');
      expect(stub.calls).toHaveLength(0);
      expect(await app.balanceOf(accountId)).toEqual({ available: 1, held: 0 });
    });

    it('is refused when it would cost more than was agreed to', async () => {
      const { mcp, accountId } = await given(10);
      const answer = await mcp.call('generate_image', { ...PROMPT, max_credits: 1.5 });
      expect([answer.code, stub.calls.length]).toEqual(['price_changed', 0]);
      expect(answer.text).toContain('max_credits');
      expect(await app.balanceOf(accountId)).toEqual({ available: 10, held: 0 });
    });
  });

  describe('edit_image', () => {
    it('edits a picture made before, by its image_id, and one at an address', async () => {
      const { mcp, accountId } = await given(20);
      const made = await mcp.call('generate_image', PROMPT);
      const images = [made.facts.images[0].image_id, 'http://files.example/a.png'];

      const answer = await mcp.call('edit_image', { prompt: 'at night', images });

      expect([answer.text, answer.facts.status]).toEqual([expect.any(String), 'succeeded']);
      expect(stub.calls.at(-1)).toMatchObject({ path: '/v1/images/edits' });
      expect(stub.calls.at(-1)?.parts).toHaveLength(2);
      const { available, held } = await app.balanceOf(accountId);
      expect([available, held]).toEqual([18 - answer.facts.credits.charged, 0]);
    });

    it('fetches nothing for whoever cannot pay', async () => {
      const { mcp } = await given(0);
      recorder.dialled.length = 0;
      const answer = await mcp.call('edit_image', {
        prompt: 'at night',
        images: ['http://files.example/a.png'],
      });
      expect([answer.code, recorder.dialled]).toEqual(['insufficient_credits', []]);
    });

    it('makes foreign and missing images look alike, and hostile addresses like absent ones', async () => {
      const { mcp, accountId } = await given(20);
      const { mcp: other } = await given(20);
      const { image_id: foreign } = (await other.call('generate_image', PROMPT)).facts.images[0];
      const refusalOf = async (image: string) => {
        const { failed, text } = await mcp.call('edit_image', { prompt: 'a', images: [image] });
        expect([image, failed]).toEqual([image, true]);
        return text;
      };
      const missing = await refusalOf('019aa1f0-7c1e-7a2b-9c3d-4e5f60718293');
      const absent = await refusalOf('http://nobody.example/a.png');
      recorder.dialled.length = 0;

      expect(await refusalOf(foreign)).toBe(missing);
      for (const address of [`http://localhost:${stub.port}/a.png`, ...BAD_ADDRESSES]) {
        expect([address, await refusalOf(address)]).toEqual([address, absent]);
      }
      expect(recorder.dialled).toEqual([]);
      expect(await app.balanceOf(accountId)).toEqual({ available: 20, held: 0 });
    });
  });

  describe('get_image', () => {
    it('waits for one that is still being made', async () => {
      const { mcp, secret, accountId } = await given(10);
      stub.always('ok', { latencyMs: 2_000 });
      const made = post(app, secret, callOf('generate_image', PROMPT));
      await until(() => stub.inFlight === 1, 20_000);
      const [{ id }] = await app.database.query<{ id: string }>(
        'SELECT id FROM generations WHERE account_id = $1',
        [accountId],
      );

      const answer = await mcp.call('get_image', { id });

      expect(answer.facts).toMatchObject({ id, status: 'succeeded', credits: { charged: 2 } });
      expect((await made).status).toBe(200);
    });

    it('makes foreign, missing and malformed ids look alike', async () => {
      const { mcp } = await given(10);
      const { mcp: other } = await given(10);
      const { id: foreign } = (await other.call('generate_image', PROMPT)).facts;
      const odd = [foreign, '019aa1f0-7c1e-7a2b-9c3d-4e5f60718293', 'abc', '../etc', '%00', '1'];
      const answers = await Promise.all(odd.map((id) => mcp.call('get_image', { id })));
      expect(new Set(answers.map(({ text, code }) => `${code}: ${text}`))).toEqual(
        new Set(['not_found: No such generation.']),
      );
      expect((await other.call('get_image', { id: foreign })).facts.status).toBe('succeeded');
    });
  });

  it('list_models names those a key may use, with the prices its account pays', async () => {
    const { mcp } = await given(0, { models: ['gpt-image-2'] });
    const { facts } = await mcp.call('list_models');
    expect(facts.models).toEqual([
      expect.objectContaining({
        name: 'gpt-image-2',
        available: true,
        operations: ['generate', 'edit'],
        sizes: expect.arrayContaining(['1024x1024', 'auto']) as string[],
        prices: expect.arrayContaining([
          { operation: 'generate', quality: expect.any(String) as string, tier: '1k', credits: 2 },
        ]) as object[],
      }),
    ]);
  });

  it('get_balance says what can be spent', async () => {
    const { mcp } = await given(7);
    const { facts, text } = await mcp.call('get_balance');
    expect(facts).toEqual({ available: 7, held: 0 });
    expect(JSON.parse(text)).toEqual(facts);
  });
});
