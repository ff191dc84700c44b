import { type Answer, ASKED, RestClient } from './rest-images-client.js';
import { ACCOUNT, GENERATE, GET, LIST, RestRig, type Route, USAGE } from './rest-images-rig.js';

const UUID = /^[0-9a-f-]{36}$/;

describe('failures of /api/v1', () => {
  let rig: RestRig;
  let client: RestClient;
  let customer: { accountId: string; secret: string };

  beforeAll(async () => {
    rig = await RestRig.start();
  });

  beforeEach(async () => {
    ({ client, ...customer } = await rig.givenClient());
  });

  afterEach(() => void rig.stub.reset());

  afterAll(() => rig.stop());

  const expectAnswer = (operation: Route, status: number, answer: Answer): void =>
    rig.expectAnswer(operation, status, answer);

  const detail = (path: string, code: string) => [{ path, message: expect.any(String), code }];

  it('400 names every field at fault', async () => {
    const answer = await client.generate({ modelId: 'gpt-image-2', aspectRatio: 1, n: 2 });
    expectAnswer(GENERATE, 400, answer);
    expect(answer.body.error.details).toEqual([
      ...detail('prompt', 'missing_required_parameter'),
      ...detail('modelId', 'invalid_value'),
      ...detail('aspectRatio', 'invalid_value'),
      ...detail('n', 'invalid_value'),
    ]);
  });

  it.each(['openai:gpt-image-1.5', 'openai:gpt-image-2', 'google:gemini-2.5-flash-image'])(
    '400 for a thinking level of %s, which has none',
    async (modelId) => {
      for (const thinkingLevel of ['default', 'deep']) {
        const answer = await client.generate({ ...ASKED, modelId, thinkingLevel });
        expectAnswer(GENERATE, 400, answer);
        expect(answer.body.error.details).toEqual(detail('thinkingLevel', 'invalid_value'));
      }
    },
  );

  it('400 instead of 402 and 409: credits, and a price above what was agreed', async () => {
    const poor = await rig.app.givenCustomer(1);
    const answer = await new RestClient(rig.app, poor.secret).generate(ASKED);
    expectAnswer(GENERATE, 400, answer);
    expect(answer.body.error.details).toEqual(detail('credits', 'insufficient_credits'));
    const dear = await client.generate(ASKED, { 'x-max-credits': '1' });
    expectAnswer(GENERATE, 400, dear);
    expect(dear.body.error.details[0].code).toBe('price_changed');
  });

  it('400 for what the upstream refuses by policy, and everything is given back', async () => {
    rig.stub.next('refused');
    const answer = await client.generate(ASKED);
    expectAnswer(GENERATE, 400, answer);
    expect(answer.body.error.details).toEqual(detail('', 'content_policy_violation'));
    expect(await rig.app.balanceOf(customer.accountId)).toEqual({ available: 100, held: 0 });
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'limit=', 'limit=1&limit=2', 'limit=1e1'])(
    '400 for a page of %s',
    async (query) => {
      for (const [operation, path] of [
        [LIST, '/images'],
        [USAGE, '/usage'],
      ] as const) {
        const answer = await client.get(`${path}?${query}&offset=-1`);
        expectAnswer(operation, 400, answer);
        expect(answer.body.error.details).toEqual([
          ...detail('limit', 'invalid_value'),
          ...detail('offset', 'invalid_value'),
        ]);
      }
    },
  );

  const CALLS: readonly (readonly [Route, string, string])[] = [
    [GENERATE, 'POST', '/images/generate'],
    [LIST, 'GET', '/images'],
    [GET, 'GET', '/images/019aa1f0-7c1e-7a2b-9c3d-4e5f60718293'],
    [ACCOUNT, 'GET', '/account'],
    [USAGE, 'GET', '/usage'],
  ];

  it.each(CALLS)('%s: 401 without a good key, or one in another place', async (...call) => {
    const [operation, method, path] = call;
    const body = method === 'POST' ? JSON.stringify(ASKED) : undefined;
    const { secret } = customer;
    for (const headers of [
      { authorization: 'Bearer sk-nothing' },
      { authorization: '' },
      { authorization: '', 'x-api-key': secret },
      { authorization: `Basic ${secret}` },
    ]) {
      const answer = await client.send(method, path, body, headers as Record<string, string>);
      expectAnswer(operation, 401, answer);
      expect(answer.body.error.details).toEqual(detail('', 'invalid_api_key'));
    }
    const inQuery = await client.send(method, `${path}?api_key=${secret}`, body, {
      authorization: '',
    });
    expectAnswer(operation, 401, inQuery);
    const scopes = operation === ACCOUNT || operation === USAGE ? 'images.read' : 'account.read';
    const narrow = await rig.app.givenKey(customer.accountId, { scopes: [scopes] });
    const refused = await new RestClient(rig.app, narrow.secret).send(method, path, body);
    expectAnswer(operation, 401, refused);
    expect(refused.body.error.details).toEqual(detail('', 'insufficient_scope'));
  });

  it.each(CALLS)('%s: 429 above the limit of a key, with Retry-After', async (...call) => {
    const [operation, method, path] = call;
    const body = method === 'POST' ? '{}' : undefined;
    const key = await rig.app.givenKey(customer.accountId, { limits: { requestsPerMinute: 1 } });
    const limited = new RestClient(rig.app, key.secret);
    await limited.send(method, path, body);
    const answer = await limited.send(method, path, body);
    expectAnswer(operation, 429, answer);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.body.error.details).toEqual(detail('', 'rate_limit_exceeded'));
  });

  it('names modelId where the key may not use the model', async () => {
    const models = ['easel-sketch'];
    const { secret } = await rig.app.givenKey(customer.accountId, { models });
    const body = { prompt: 'a lighthouse', modelId: 'openai:gpt-image-2' };
    const answer = await new RestClient(rig.app, secret).send(
      'POST',
      '/images/generate',
      JSON.stringify(body),
    );
    expectAnswer(GENERATE, 401, answer);
    expect(answer.body.error.details).toEqual(detail('modelId', 'model_not_allowed'));
  });

  it('404 for ids that are none, foreign, of another surface, failed or deleted', async () => {
    rig.stub.next('status-500');
    const failed = (await client.generate(ASKED)).headers.get('x-generation-id');
    const { image } = (await client.generate(ASKED)).body;
    const stranger = new RestClient(rig.app, (await rig.app.givenCustomer(0)).secret);
    const elsewhere = await fetch(`${rig.app.url}/v1/images/generations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${customer.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-image-2', prompt: 'a' }),
    });
    await elsewhere.arrayBuffer();
    const ids = ['x', '%ZZ', String(image.id).toUpperCase(), failed];
    for (const id of [...ids, elsewhere.headers.get('x-generation-id')]) {
      expectAnswer(GET, 404, await client.get(`/images/${id}`));
      expectAnswer(GET, 404, await client.get(`/images/${id}?format=metadata`));
    }
    expectAnswer(GET, 404, await stranger.get(`/images/${image.id}`));
    expect((await stranger.get('/images')).body).toMatchObject({ images: [], total: 0 });
    expect((await client.get('/images')).body.total).toBe(1);
    await fetch(`${rig.app.url}/v1/images/${image.id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${customer.secret}` },
    });
    const deleted = await client.get(`/images/${image.id}`);
    expectAnswer(GET, 404, deleted);
    expect(deleted.body.error.details).toEqual(detail('', 'image_removed'));
    expectAnswer(GET, 200, await client.get(`/images/${image.id}?format=metadata`));
  });

  it('404 for an account that keeps no credits', async () => {
    const { accountId, secret } = await rig.app.givenCustomer(0);
    await rig.app.database.query('DELETE FROM credit_accounts WHERE account_id = $1', [accountId]);
    const bare = new RestClient(rig.app, secret);
    expectAnswer(ACCOUNT, 404, await bare.get('/account'));
    expectAnswer(USAGE, 200, await bare.get('/usage'));
  });

  it.each(['status-500', 'status-429', 'status-401', 'not-an-image', 'reset-mid-body'] as const)(
    '500 for every failure of an upstream (%s), and everything is given back',
    async (behaviour) => {
      rig.stub.next(behaviour);
      const answer = await client.generate(ASKED);
      expectAnswer(GENERATE, 500, answer);
      expect(answer.body.error.details[0].code).not.toBe('internal_error');
      expect(answer.headers.get('x-generation-id')).toMatch(UUID);
      expect(await rig.app.balanceOf(customer.accountId)).toEqual({ available: 100, held: 0 });
    },
  );

  it.each<[number, string, string, string]>([
    [404, 'GET', '', 'not_found'],
    [404, 'GET', '/nothing', 'not_found'],
    [404, 'GET', '/images/%ff', 'not_found'],
    [404, 'POST', '/images/generate/more', 'not_found'],
    [405, 'POST', '/images', 'method_not_allowed'],
    [405, 'DELETE', '/images/019aa1f0-7c1e-7a2b-9c3d-4e5f60718293', 'method_not_allowed'],
    [405, 'PUT', '/account', 'method_not_allowed'],
  ])('%i for %s %s, in its own shape', async (status, method, path, code) => {
    const answer = await client.send(method, path);
    expect([answer.status, rig.seed.problemsBy('ErrorResponse', answer.body)]).toEqual([
      status,
      [],
    ]);
    expect(answer.body.error.details).toEqual(detail('', code));
    expect(answer.headers.get('allow') !== null).toBe(status === 405);
  });

  it('leaves a ledger that adds up', async () => {
    await expect(rig.app.checkLedger()).resolves.toMatchObject({ ok: true, violations: [] });
  });
});
