import { AdminClient } from '../support/admin-client.js';
import { RouteTable } from '../../src/surface-kit/index.js';
import { startApp, type TestApp } from '../support/app.js';
import { SKETCH, SurfaceClient } from './openai-client.js';

const HERE = '127.0.0.1';
/** Every route that makes images, below no alias. */
const MAKING = [
  '/v1/images/generations',
  '/v1/images/edits',
  '/api/open/v1/images/generations',
  '/api/v1/images/generate',
  '/api/ai/images/generations',
  '/api/ai/image/generate',
  '/api/ai/image/generate/async',
  '/api/ai/image/edit',
  '/api/ai/image/edit/async',
];
/** `/mcp` decides by the tool that is called; the others make nothing. */
const NOT_BY_ITSELF = ['/mcp', '/v1/images/quote', '/v1/images/variations'];
const ALIASED = ['', '/aiimg', '/aiai'];

describe('addresses that the operator blocks', () => {
  let app: TestApp;
  let client: SurfaceClient;
  let customer: { accountId: string; secret: string };
  const admin = new AdminClient(() => app);

  beforeAll(async () => {
    app = await startApp();
    customer = await app.givenCustomer(10);
    client = new SurfaceClient(app, customer.secret);
  });

  afterEach(async () => {
    const { body } = await admin.call('get', 'ip-blocks').expect(200);
    for (const { cidr } of (body as { data: { cidr: string }[] }).data) {
      await admin.call('delete', 'ip-blocks', { cidr }).expect(204);
    }
  });

  afterAll(() => app.stop());

  const create = () => client.post({ ...SKETCH, response_format: 'url' });

  it.each([HERE, '127.0.0.0/8', '::ffff:127.0.0.0/104'])(
    'make no images while %s is blocked, and make them afterwards',
    async (cidr) => {
      await admin.call('post', 'ip-blocks', { cidr, reason: 'abuse' }).expect(201);

      const refused = [await create(), await client.post({}, { path: '/v1/images/edits' })];

      for (const answer of refused) {
        expect([answer.status, await answer.json()]).toMatchObject([
          403,
          { error: { code: 'ip_not_allowed', message: expect.not.stringContaining('abuse') } },
        ]);
      }
      expect((await client.get('/v1/images')).status).toBe(200);
      const { body } = await admin.call('get', 'ip-blocks').expect(200);
      const [{ cidr: canonical }] = (body as { data: { cidr: string }[] }).data;
      await admin.call('delete', 'ip-blocks', { cidr: canonical }).expect(204);
      expect((await create()).status).toBe(200);
    },
  );

  it('are refused before a body is read or a credit moves, and only they are', async () => {
    await admin.call('post', 'ip-blocks', { cidr: '10.0.0.0/8' }).expect(201);
    expect((await create()).status).toBe(200);
    const before = await app.balanceOf(customer.accountId);

    await admin.call('post', 'ip-blocks', { cidr: HERE }).expect(201);

    expect((await client.post({ model: 5 })).status).toBe(403);
    expect(await app.balanceOf(customer.accountId)).toEqual(before);
  });

  it('are refused by every route and tool of every surface that makes images', async () => {
    const { id: accountId } = await app.givenAccount(10, 'paid');
    const { secret } = await app.givenKey(accountId);
    const paid = new SurfaceClient(app, secret);
    const headers = {
      'accept-language': 'en',
      accept: 'application/json, text/event-stream',
    };
    const call = (name: string) => ({
      ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
      params: { name, arguments: { prompt: 'a lighthouse', images: ['x'] } },
    });
    const answers = async (): Promise<[string, string][]> => {
      const calls = [
        ...MAKING.map((path) => [path, {}] as const),
        ...['generate_image', 'edit_image'].map((name) => ['/mcp', call(name)] as const),
      ];
      return Promise.all(
        calls.map(async ([path, body]) => {
          const answer = await paid.post(body, { path, headers });
          return [path, await answer.text()] as [string, string];
        }),
      );
    };
    await admin.call('post', 'ip-blocks', { cidr: HERE }).expect(201);

    const refused = await answers();

    const blocked = 'Your IP is blocked from image generation.';
    expect(refused.filter(([, text]) => !text.includes(blocked))).toEqual([]);
    expect(await app.balanceOf(accountId)).toEqual({ available: 10, held: 0 });
    await admin.call('delete', 'ip-blocks', { cidr: `${HERE}/32` }).expect(204);
    expect((await answers()).filter(([, text]) => text.includes(blocked))).toEqual([]);
  });

  it('meet every route there is: what is posted to outside the admin API is listed here', () => {
    const posted = app.app
      .get(RouteTable)
      .list()
      .filter(
        ({ path, method }) => method === 'POST' && /^\/(?:(?:aiimg|aiai|v1|api)\/|mcp)/.test(path),
      )
      .map(({ path }) => path);
    const known = [...MAKING, ...NOT_BY_ITSELF].flatMap((path) =>
      path.startsWith('/v1/') ? ALIASED.map((alias) => alias + path) : path,
    );
    expect([...new Set(posted)].sort()).toEqual(known.sort());
  });

  it('are kept once each, with the latest reason', async () => {
    await admin.call('post', 'ip-blocks', { cidr: '10.1.0.0/16', reason: 'first' }).expect(201);
    await admin.call('post', 'ip-blocks', { cidr: '10.1.0.0/16' }).expect(201);

    const { body } = await admin.call('get', 'ip-blocks').expect(200);

    expect(body).toEqual({
      data: [{ cidr: '10.1.0.0/16', reason: null, createdAt: expect.any(String) }],
    });
  });

  it.each([{}, { cidr: '' }, { cidr: 5 }, { cidr: '0x7f.1' }, { cidr: '10.0.0.0/33' }])(
    'are written as addresses or networks, not as %j',
    async (body) => {
      await admin.call('post', 'ip-blocks', body).expect(400);
    },
  );

  it('cannot be lifted twice', async () => {
    await admin.call('delete', 'ip-blocks', { cidr: '10.9.0.0/16' }).expect(404);
  });
});
