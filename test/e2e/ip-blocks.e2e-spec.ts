import { AdminClient } from '../support/admin-client.js';
import { startApp, type TestApp } from '../support/app.js';
import { SKETCH, SurfaceClient } from './openai-client.js';

const HERE = '127.0.0.1';

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
