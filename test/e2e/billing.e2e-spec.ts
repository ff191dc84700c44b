import { AdminClient } from '../support/admin-client.js';
import { type TestApp, startApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';
import { type Body, SurfaceClient } from './openai-client.js';

const CREDITS = 100;
const REQUEST = { model: 'gpt-image-2', prompt: 'a lighthouse', size: '1024x1024' };

describe('what older clients read of an account', () => {
  let stub: UpstreamStub;
  let app: TestApp;
  let customer: { accountId: string; secret: string };
  let client: SurfaceClient;
  const admin = new AdminClient(() => app);

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
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
    await app.stop();
    await stub.close();
  });

  async function read(path: string, as = client): Promise<Body> {
    const answer = await as.get(path);
    expect(answer.status).toBe(200);
    return (await answer.json()) as Body;
  }

  /** As such a client does: the limit less the usage, which is in hundredths. */
  async function left(): Promise<number> {
    const { hard_limit_usd } = await read('/v1/dashboard/billing/subscription');
    const query = '?start_date=2020-01-01&end_date=2020-01-02';
    const { total_usage } = await read(`/v1/dashboard/billing/usage${query}`);
    return Number(hard_limit_usd) - Number(total_usage) / 100;
  }

  it('has the fields and units they know', async () => {
    await client.post({ ...REQUEST, n: 3 });
    expect(await read('/v1/dashboard/billing/subscription')).toEqual({
      object: 'billing_subscription',
      has_payment_method: true,
      hard_limit_usd: CREDITS,
      soft_limit_usd: CREDITS,
      system_hard_limit_usd: CREDITS,
      access_until: 0,
    });
    expect(await read('/v1/dashboard/billing/usage')).toEqual({ object: 'list', total_usage: 600 });
  });

  it('leaves what can be spent, whatever has happened to the account', async () => {
    const check = async () =>
      expect(await left()).toBe((await app.balanceOf(customer.accountId)).available);
    await check();
    const release = stub.hold();
    const running = client.post({ ...REQUEST, n: 2 });
    await until(async () => (await app.balanceOf(customer.accountId)).held > 0);
    await check();
    release();
    const id = (await running).headers.get('x-generation-id');
    await check();
    const accounts = `accounts/${customer.accountId}`;
    const correction = { reason: 'a mistake', reference: 'r-1' };
    await admin.call('post', `generations/${id}/refunds`, { amount: 1.5, ...correction });
    await check();
    await admin.call('post', `${accounts}/adjustments`, { amount: 10.25, ...correction });
    await check();
    await admin.call('post', `${accounts}/grants`, { amount: 0.125, reference: 'g-1' });
    await check();
    expect(await left()).toBe(CREDITS - 4 + 1.5 - 10.25 + 0.125);
    stub.next('status-500');
    await client.post(REQUEST);
    await check();
  });

  it('ends when the key does', async () => {
    const expiresAt = new Date('2031-01-02T03:04:05.678Z');
    const { secret } = await app.givenKey(customer.accountId, { expiresAt });
    const found = await read('/v1/dashboard/billing/subscription', new SurfaceClient(app, secret));
    expect(found.access_until).toBe(Math.floor(expiresAt.getTime() / 1000));
  });

  it('needs the scope of the account', async () => {
    const { secret } = await app.givenKey(customer.accountId, { scopes: ['images.create'] });
    for (const name of ['subscription', 'usage']) {
      const answer = await new SurfaceClient(app, secret).get(`/v1/dashboard/billing/${name}`);
      expect([name, answer.status]).toEqual([name, 403]);
    }
  });

  it('is as in the AIImg API: what the key has used of its limits, while it works and after', async () => {
    const limits = { concurrency: 4, imagesPerDay: 9, creditsPerDay: 30, creditsPerMonth: 40.5 };
    const { secret } = await app.givenKey(customer.accountId, { limits });
    const limited = new SurfaceClient(app, secret);
    const balance = async () => {
      const { key, ...account } = await read('/aiimg/v1/account/balance', limited);
      return { account, key };
    };
    const release = stub.hold();
    const running = limited.post({ ...REQUEST, n: 2 });
    await until(() => stub.inFlight === 1);
    expect(await balance()).toMatchObject({
      account: { balance_tcoin: CREDITS - 4, held_tcoin: 4, currency: 'T' },
      key: { concurrency_limit: 4, concurrency_in_use: 1, rate_limit_rpm: null },
    });
    release();
    await running;
    // Another key of the account uses up nothing of this one's.
    await client.post(REQUEST);
    expect(await balance()).toMatchObject({
      account: { balance_tcoin: CREDITS - 6, held_tcoin: 0 },
      key: {
        daily_limit: 9,
        daily_used: 2,
        daily_tcoin_limit: 30,
        daily_tcoin_used: 4,
        monthly_tcoin_limit: 40.5,
        monthly_tcoin_used: 4,
        concurrency_in_use: 0,
      },
    });
  });
});
