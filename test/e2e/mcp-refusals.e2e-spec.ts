import { request as httpRequest } from 'node:http';
import { ApiKeysService } from '../../src/api-keys/index.js';
import { RelayService } from '../../src/relay/index.js';
import { AdminClient } from '../support/admin-client.js';
import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { callOf, McpClient, post } from './mcp-client.js';
import { BAD_ARGUMENTS, BAD_CALLS, BAD_EDITS, BAD_MESSAGES } from './mcp-hostile.js';

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const GENERATE = { prompt: 'a lighthouse' };

interface RpcError {
  readonly jsonrpc: string;
  readonly id: unknown;
  readonly error: {
    readonly code: number;
    readonly message: string;
    readonly data?: { readonly code: string };
  };
}

describe('refusals of /mcp', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string; keyId: string };
  let mcp: McpClient;
  const admin = new AdminClient(() => app);
  const clients: McpClient[] = [];

  beforeAll(async () => {
    stub = await startUpstreamStub();
    app = await startApp({
      stub: stub.baseUrl,
      env: {
        PUBLIC_URL: 'https://easel.example/',
        CORS_ORIGINS: '*, https://console.example',
        ANSWER_DEADLINE_SECONDS: '1',
      },
    });
    customer = await app.givenCustomer(10);
    mcp = await clientOf(customer.secret);
  });
  beforeEach(() => void stub.reset());
  afterAll(async () => {
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: 10, held: 0 });
    expect(await app.checkLedger()).toMatchObject({ ok: true });
    await Promise.all(clients.map((client) => client.close()));
    await app.stop();
    await stub.close();
  });

  async function clientOf(secret: string): Promise<McpClient> {
    const client = await McpClient.of(app, secret);
    clients.push(client);
    return client;
  }

  /** Status and JSON-RPC error, whose shape is that of the protocol. */
  async function errorOf(answer: Response): Promise<[number, string | undefined, string, number]> {
    const { jsonrpc, id, error } = (await answer.json()) as RpcError;
    expect([jsonrpc, id, Number.isInteger(error.code)]).toEqual(['2.0', null, true]);
    return [answer.status, error.data?.code, error.message, error.code];
  }

  it.each([
    ['none', null],
    ['an unknown one', 'sk-easel-live-000000000000000000000000000000000000'],
    ['a malformed one', 'x'],
  ])('of a key, %s, are one 401 that says how to come in', async (_name, secret) => {
    const answer = await post(app, secret, '{');
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(await errorOf(answer)).toEqual([401, 'invalid_api_key', 'Invalid API key.', -32_000]);
  });

  it('of a key anywhere but in Authorization, and of one that was revoked, are the same', async () => {
    const { secret, keyId } = await app.givenCustomer(0);
    const elsewhere = await post(app, null, LIST, { 'x-api-key': secret });
    const inQuery = await fetch(`${app.url}/mcp?key=${secret}`, { method: 'POST' });
    await app.app.get(ApiKeysService).revoke(keyId);
    for (const answer of [elsewhere, inQuery, await post(app, secret, LIST)]) {
      expect((await errorOf(answer)).slice(0, 2)).toEqual([401, 'invalid_api_key']);
    }
  });

  it.each([
    ['https://evil.example', 403],
    ['http://easel.example', 403],
    ['https://easel.example:8443', 403],
    ['https://easel.example.evil.example', 403],
    ['http://localhost.evil.example', 403],
    ['null', 403],
    ['*', 403],
    ['', 403],
    ['file://', 403],
    ['https://easel.example', 200],
    ['https://console.example', 200],
    ['http://localhost:6274', 200],
    ['http://127.0.0.1:3000', 200],
    ['http://[::1]:3000', 200],
  ])('of pages by their origin: %s → %d, whatever the key', async (origin, status) => {
    const answer = await post(app, customer.secret, LIST, { origin });
    if (status === 200) expect(answer.status).toBe(200);
    else expect((await errorOf(answer)).slice(0, 2)).toEqual([403, 'origin_not_allowed']);
    const stranger = await post(app, 'x', LIST, { origin });
    expect(stranger.status).toBe(status === 200 ? 401 : 403);
  });

  it.each(['GET', 'DELETE', 'PUT'])('of %s are 405: there are no sessions', async (method) => {
    const answer = await fetch(`${app.url}/mcp`, {
      method,
      headers: { authorization: `Bearer ${customer.secret}`, accept: 'text/event-stream' },
    });
    expect(answer.headers.get('allow')).toBe('POST');
    expect((await errorOf(answer)).slice(0, 2)).toEqual([405, 'method_not_allowed']);
  });

  it('of what is below it are 404 in the same shape', async () => {
    expect((await errorOf(await fetch(`${app.url}/mcp/sse`))).slice(0, 2)).toEqual([
      404,
      'not_found',
    ]);
  });

  it.each(BAD_MESSAGES)(
    'of %s are errors of the protocol',
    async (_name, body, headers, status, code) => {
      const answer = await post(app, customer.secret, body, headers);
      const [is, , message, rpcCode] = await errorOf(answer);
      expect([is, message, rpcCode]).toEqual([status, expect.stringMatching(/\w/), code]);
      expect(message).not.toMatch(/\n\s+at |node_modules|ZodError/);
    },
  );

  it.each(BAD_CALLS)('of %s answer the id of the message', async (_name, body, code) => {
    const answer = await post(app, customer.secret, body);
    const { id, error } = (await answer.json()) as RpcError;
    expect([answer.status, id, error.code]).toEqual([200, 1, code]);
    expect(error.message).not.toMatch(/\n|zod|MCP error/i);
  });

  it.each(BAD_ARGUMENTS)('of arguments %j name the field: %s %s', async (sent, code, param) => {
    const answer = await mcp.call('generate_image', sent);
    const { param: named } = answer.meta['easel/error'] ?? {};
    expect([answer.failed, answer.code, named]).toEqual([true, code, param]);
    expect(answer.text).toMatch(param === 'model' ? /Available: |must be a string/ : param);
    expect(stub.calls).toHaveLength(0);
  });

  it('of values say which would be accepted', async () => {
    const { text } = await mcp.call('generate_image', { ...GENERATE, quality: 'best' });
    expect(text).toMatch(/Accepted: .*low, medium, high/);
  });

  it('name every argument at fault at once', async () => {
    const { text } = await mcp.call('generate_image', {
      n: 'x',
      size: 5,
      tone: 1,
      max_credits: -1,
      idempotency_key: '',
    });
    const names = ['prompt', "'n'", "'size'", "'tone'", "'max_credits'", "'idempotency_key'"];
    for (const name of names) expect(text).toContain(name);
  });

  it.each(BAD_EDITS)('of an edit with %j name %s', async (sent, param) => {
    const answer = await mcp.call('edit_image', sent);
    expect([answer.failed, answer.meta['easel/error']?.param]).toEqual([true, param]);
  });

  it.each(['list_models', 'get_balance'])('of %s are for any argument', async (name) => {
    expect((await mcp.call(name, { model: 'a' })).code).toBe('invalid_value');
  });

  it('come in their order: scope, rate, address, arguments, credits', async () => {
    const draft = { scopes: ['account.read' as const], limits: { requestsPerMinute: 1 } };
    const narrow = await clientOf((await app.givenCustomer(0, draft)).secret);
    const slow = await clientOf(
      (await app.givenCustomer(0, { limits: { requestsPerMinute: 1 } })).secret,
    );
    const poor = await clientOf((await app.givenCustomer(0)).secret);
    await admin.call('post', 'ip-blocks', { cidr: '127.0.0.1' }).expect(201);
    const blocked = [
      (await narrow.call('generate_image')).code,
      (await slow.call('generate_image')).code,
      (await slow.call('generate_image')).code,
      (await poor.call('edit_image')).code,
    ];
    // Reading is nobody's harm.
    const reading = (await poor.call('get_balance')).failed;
    await admin.call('delete', 'ip-blocks', { cidr: '127.0.0.1/32' }).expect(204);
    const open = [
      (await poor.call('generate_image')).code,
      (await poor.call('generate_image', GENERATE)).code,
    ];

    expect(blocked).toEqual([
      'insufficient_scope',
      'ip_not_allowed',
      'rate_limit_exceeded',
      'ip_not_allowed',
    ]);
    expect([reading, ...open]).toEqual([
      false,
      'missing_required_parameter',
      'insufficient_credits',
    ]);
  });

  it('of each tool ask for the scope of that tool, and those by a rate say when to come back', async () => {
    const { id } = await app.givenAccount(0);
    const codes = new Map<string, unknown>();
    for (const scope of ['images.create', 'images.read', 'account.read'] as const) {
      const client = await clientOf((await app.givenKey(id, { scopes: [scope] })).secret);
      const tools = ['generate_image', 'edit_image', 'get_image', 'get_balance', 'list_models'];
      const answers = await Promise.all(tools.map((tool) => client.call(tool)));
      codes.set(
        scope,
        answers.map(({ code }) => code === 'insufficient_scope'),
      );
    }
    expect(Object.fromEntries(codes)).toEqual({
      'images.create': [false, false, true, true, false],
      'images.read': [true, true, false, true, false],
      'account.read': [true, true, true, false, false],
    });
    const limited = { limits: { requestsPerMinute: 1 } };
    const slow = await clientOf((await app.givenCustomer(0, limited)).secret);
    await slow.call('get_balance');
    const { text, meta } = await slow.call('get_balance');
    expect(text).toMatch(/1 requests per minute.\nWorth another try in \d+ s\./);
    expect(meta['easel/error'].retryable).toBe(true);
  });

  it('of a key that may not use the model, and of a term the operator blocks, cost nothing', async () => {
    const narrow = await clientOf(
      (await app.givenCustomer(5, { models: ['easel-sketch'] })).secret,
    );
    expect((await narrow.call('generate_image', GENERATE)).code).toBe('model_not_allowed');
    await admin.call('put', 'blocked-terms', { terms: ['forbidden'] }).expect(200);
    const answer = await mcp.call('generate_image', { prompt: 'a forbidden thing' });
    await admin.call('put', 'blocked-terms', { terms: [] }).expect(200);
    expect(answer.code).toBe('content_policy_violation');
  });

  it('by a fault of the server say nothing of it', async () => {
    const relay = app.app.get(RelayService);
    const find = relay.find.bind(relay);
    relay.find = () => Promise.reject(new Error('secret detail'));
    try {
      const answer = await mcp.call('get_image', { id: 'a' });
      expect([answer.code, answer.text]).toEqual([
        'internal_error',
        'An internal error occurred. It has been logged.',
      ]);
    } finally {
      relay.find = find;
    }
  });

  it('are no end of a picture that takes longer than anybody waits: its id is answered', async () => {
    const { accountId, secret } = await app.givenCustomer(10);
    const slow = await clientOf(secret);
    stub.always('ok', { latencyMs: 3_000 });

    const first = await slow.call('generate_image', GENERATE);

    expect(first.facts).toMatchObject({
      status: 'processing',
      credits: { charged: 0, held: 2 },
      images: [],
      error: null,
    });
    expect(first.text).toContain('get_image');
    let { facts } = first;
    for (let asked = 0; asked < 30 && facts.status === 'processing'; asked += 1) {
      ({ facts } = await slow.call('get_image', { id: first.facts.id }));
    }
    expect(facts).toMatchObject({ id: first.facts.id, status: 'succeeded', images: [{}] });
    expect(facts.images[0].url).toMatch(/^https:\/\/easel\.example\/files\//);
    expect(await app.balanceOf(accountId)).toEqual({ available: 8, held: 0 });
  });

  it.each(['evil.example', '%%%', ''])(
    'are none of a Host of %j, unless there can be none such',
    async (host) => {
      const answer = await rawPost(customer.secret, host, callOf('get_balance', {}));
      expect(answer).toMatch(/^200 .*"available":10|^400 /);
      expect(answer).not.toMatch(/\n\s+at /);
    },
  );

  /** With a Host that `fetch` would not send. @returns status and body */
  function rawPost(secret: string, host: string, body: object): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest(`${app.url}/mcp`, {
        method: 'POST',
        headers: {
          host,
          authorization: `Bearer ${secret}`,
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
        },
      });
      sent.on('error', reject).on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve(`${response.statusCode} ${Buffer.concat(chunks).toString()}`),
        );
      });
      sent.end(JSON.stringify(body));
    });
  }
});
