import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { callOf, McpClient, post } from './mcp-client.js';
import { BAD_PARAMS, MISSHAPEN } from './mcp-hostile.js';

const PROMPT = { prompt: 'a lighthouse', size: '1024x1024' };

describe('a message to /mcp', () => {
  let stub: UpstreamStub;
  let app: TestApp;

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({ stub: stub.baseUrl });
  });
  beforeEach(() => void stub.reset());
  afterAll(async () => {
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await app.stop();
    await stub.close();
  });

  it('is in the reference with the statuses there are', async () => {
    const document = (await (await fetch(`${app.url}/docs/mcp-json`)).json()) as {
      paths: Record<string, { post: { responses: object } }>;
    };
    const statuses = Object.keys(document.paths['/mcp'].post.responses);
    expect(statuses.filter((status) => status < '300')).toEqual(['200', '202']);
  });

  it.each(MISSHAPEN)(
    'of no shape, %j, is answered under id %j by the name of %s',
    async (...row) => {
      const [sent, id, param] = row;
      const answer = await post(app, (await app.givenCustomer(0)).secret, sent);
      const error = {
        code: -32_600,
        message: expect.stringContaining(`'${param}'`) as string,
        data: { code: 'invalid_value', param },
      };
      expect([answer.status, await answer.json()]).toEqual([400, { jsonrpc: '2.0', id, error }]);
    },
  );

  it.each(BAD_PARAMS)('whose parameters cannot be read, %j, is told of %s', async (sent, param) => {
    const answer = await post(app, (await app.givenCustomer(0)).secret, sent);
    const error = {
      code: -32_602,
      message: expect.stringMatching(new RegExp(`^[^\\n]*'${param}'[^\\n]*$`)) as string,
      data: { code: 'invalid_value', param },
    };
    expect([answer.status, await answer.json()]).toEqual([200, { jsonrpc: '2.0', id: 7, error }]);
  });

  describe('that asks for pictures', () => {
    it.each([
      ['1.5', 9, 'x-max-credits'],
      ['9', 1.5, 'max_credits'],
      ['1.5', undefined, 'x-max-credits'],
    ])(
      'keeps to the lower of a header of %s and an argument of %s, and names %s',
      async (header, argument, param) => {
        const { secret, accountId } = await app.givenCustomer(10);
        const call = callOf('generate_image', { ...PROMPT, max_credits: argument });
        const answer = await post(app, secret, call, { 'x-max-credits': header });
        const { result } = (await answer.json()) as { result: { _meta: object } };
        expect(result._meta).toMatchObject({ 'easel/error': { code: 'price_changed', param } });
        expect(stub.calls).toHaveLength(0);
        expect(await app.balanceOf(accountId)).toEqual({ available: 10, held: 0 });
      },
    );

    it('refuses a key other than that of its header, and takes the same', async () => {
      const { secret, accountId } = await app.givenCustomer(10);
      const callWith = async (key: string) => {
        const call = callOf('generate_image', { ...PROMPT, idempotency_key: key });
        const answer = await post(app, secret, call, { 'idempotency-key': 'order-7' });
        return ((await answer.json()) as { result: object }).result;
      };
      const refusal = { code: 'invalid_value', param: 'idempotency_key' };
      expect(await callWith('order-8')).toMatchObject({ _meta: { 'easel/error': refusal } });
      expect(await app.balanceOf(accountId)).toEqual({ available: 10, held: 0 });
      expect(await callWith('order-7')).toMatchObject({
        structuredContent: { status: 'succeeded' },
      });
      expect(await app.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
    });

    it('with a resolution alone is of a shape that is offered in it, as its schema says', async () => {
      const { secret } = await app.givenCustomer(50);
      const mcp = await McpClient.of(app, secret);
      const { tools } = await mcp.client.listTools();
      const [{ inputSchema }] = tools;
      expect(inputSchema.properties?.resolution).toMatchObject({
        description: expect.stringContaining('Without aspect_ratio') as string,
      });
      const { facts } = await mcp.call('generate_image', { prompt: 'a', resolution: '1k' });
      await mcp.close();
      expect(facts.status).toBe('succeeded');
    });
  });
});
