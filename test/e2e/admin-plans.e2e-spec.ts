import { AdminClient } from '../support/admin-client.js';
import { startApp, type TestApp } from '../support/app.js';
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub/upstream-stub.mjs';
import { until } from '../support/until.js';

let stub: UpstreamStub;
let subject: TestApp;

beforeAll(async () => {
  stub = await startUpstreamStub();
  subject = await startApp({ stub: stub.baseUrl });
});

afterAll(async () => {
  await subject?.stop();
  await stub?.close();
});

const client = new AdminClient(() => subject);
const admin = client.call.bind(client);

function post(secret: string): Promise<Response> {
  return fetch(`${subject.url}/v1/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'a boat', size: '1024x1024', response_format: 'url' }),
  });
}

describe('the limits of a plan', () => {
  afterEach(async () => {
    await admin('put', 'plans/free', { limits: {} }).expect(200);
  });

  it('are none at first', async () => {
    const { body } = await admin('get', 'plans').expect(200);

    expect(body).toEqual({
      data: [
        { name: 'free', limits: {} },
        { name: 'paid', limits: {} },
      ],
    });
  });

  it('hold for all keys of an account together', async () => {
    const { accountId, secret } = await subject.givenCustomer(100);
    const other = await subject.givenKey(accountId);
    const release = stub.hold();
    await admin('put', 'plans/free', { limits: { concurrency: 2 } }).expect(200);

    let judged = 0;
    const asked = Array.from({ length: 8 }, (_, i) =>
      post(i % 2 ? secret : other.secret).finally(() => (judged += 1)),
    );
    await until(() => judged === 6);
    release();
    const answers = await Promise.all(asked);

    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(await refused[0].json()).toMatchObject({
      error: { code: 'concurrency_limit_exceeded', message: expect.stringContaining('account') },
    });
  });

  it('count images over the day, exactly, and say when to come back', async () => {
    const { secret } = await subject.givenCustomer(100);
    stub.always('ok');
    await admin('put', 'plans/free', { limits: { imagesPerDay: 3 } }).expect(200);

    const answers = await Promise.all(Array.from({ length: 9 }, () => post(secret)));

    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(await refused[0].json()).toMatchObject({
      error: { code: 'quota_exceeded', param: 'images_per_day' },
    });
    expect(Number(refused[0].headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it.each([
    ['an unknown limit', { limits: { imagesPerHour: 1 } }],
    ['zero', { limits: { concurrency: 0 } }],
    ['a fraction', { limits: { requestsPerMinute: 1.5 } }],
    ['text', { limits: { imagesPerDay: 'many' } }],
    ['no limits at all', {}],
    ['a list', { limits: [] }],
    ['another field', { limits: {}, name: 'paid' }],
  ])('refuse %s and stay as they are', async (_what, body) => {
    const answer = await admin('put', 'plans/free', body);

    expect(answer.status).toBe(400);
    expect((await admin('get', 'plans')).body).toMatchObject({ data: [{ limits: {} }, {}] });
  });

  it('of an unknown plan are not found', async () => {
    await admin('put', 'plans/gold', { limits: {} }).expect(404);
  });
});
