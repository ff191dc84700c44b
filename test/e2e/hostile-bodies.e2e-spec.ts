import { request as httpRequest } from 'node:http';
import { type TestApp, startApp } from '../support/app.js';
import { HOSTILE, type Hostile } from './hostile-bodies.js';

const CREDITS = 100;

interface Answer {
  readonly status: number;
  readonly text: string;
}

describe('hostile bodies', () => {
  let app: TestApp;
  let customer: { accountId: string; secret: string };

  beforeAll(async () => {
    app = await startApp();
    customer = await app.givenCustomer(CREDITS);
  });

  afterAll(async () => {
    await app.stop();
  });

  /** By hand, because `fetch` mends what is sent here. */
  function send({ body, headers = {} }: Hostile, prefix = ''): Promise<Answer> {
    const bytes = Buffer.from(body as string);
    const request = httpRequest(`${app.url}${prefix}/v1/images/generations`, {
      method: 'POST',
      agent: false,
      headers: {
        authorization: `Bearer ${customer.secret}`,
        'content-type': 'application/json',
        'content-length': bytes.length,
        ...headers,
      },
    });
    return new Promise((resolve, reject) => {
      request.on('error', reject).on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
      });
      request.end(bytes);
    });
  }

  it('are many', () => {
    expect(HOSTILE.length).toBeGreaterThanOrEqual(200);
    expect(new Set(HOSTILE.map(({ name }) => name)).size).toBe(HOSTILE.length);
  });

  it.each(HOSTILE.map((hostile) => [hostile.name, hostile] as const))(
    'refuses %s, names the field at fault and echoes nothing long',
    async (_name, hostile) => {
      const { status, text } = await send(hostile);
      expect(hostile.status ?? [400]).toContain(status);
      expect(JSON.parse(text)).toEqual({
        error: {
          message: expect.any(String),
          type: 'invalid_request_error',
          param: hostile.param ?? null,
          code: expect.any(String),
        },
      });
      expect(text.length).toBeLessThan(2000);
    },
  );

  it('refuses them by alias too, with a status that its contract lists', async () => {
    for (const hostile of HOSTILE.filter((_, i) => i % 20 === 0)) {
      const { status } = await send(hostile, '/aiimg');
      expect([400, 413, 415]).toContain(status);
    }
  });

  it('left every credit where it was, and no generation', async () => {
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: CREDITS, held: 0 });
    const [{ count }] = await app.database.query<{ count: string }>(
      'SELECT count(*) FROM generations',
    );
    expect(Number(count)).toBe(0);
    await expect(app.checkLedger()).resolves.toMatchObject({ ok: true, violations: [] });
  });

  it.each([
    'abc',
    '1%27%20or%201=1--',
    '..%2f..%2fetc%2fpasswd',
    '%00',
    'x'.repeat(8000),
    '019AA1F0-7C1E-7A2B-9C3D-4E5F60718293',
    '%7B019aa1f0-7c1e-7a2b-9c3d-4e5f60718293%7D',
    'urn:uuid:019aa1f0-7c1e-7a2b-9c3d-4e5f60718293',
    '019aa1f0-7c1e-7a2b-9c3d-4e5f60718293',
    'generations',
    '__proto__',
  ])('answers the id %s like any missing one', async (id) => {
    const answer = await fetch(`${app.url}/v1/images/${id}`, {
      headers: { authorization: `Bearer ${customer.secret}` },
    });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { code: 'not_found', param: null } });
  });

  it('refuses a body without the key before reading it', async () => {
    const answer = await fetch(`${app.url}/v1/images/generations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"prompt":',
    });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
  });

  it.each(['x'.repeat(256), 'a b', 'ü', '\t'])('refuses the Idempotency-Key %j', async (key) => {
    const { status, text } = await send({
      name: 'key',
      body: '{"prompt":"a","model":"easel-sketch"}',
      headers: { 'idempotency-key': key },
    });
    expect([status, JSON.parse(text).error.param]).toEqual([400, 'Idempotency-Key']);
  });

  it('reads on after all that', async () => {
    const { status } = await send({ name: 'sound', body: '{"prompt":"a","model":"easel-sketch"}' });
    expect(status).toBe(200);
  });
});
