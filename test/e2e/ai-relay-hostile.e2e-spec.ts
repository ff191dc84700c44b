import { request as httpRequest } from 'node:http';
import { startApp, type TestApp } from '../support/app.js';
import { AiRelayClient, EDIT, GENERATE, NATIVE } from './ai-relay-client.js';
import { HOSTILE, type Hostile } from './hostile-bodies.js';

const CREDITS = 100;
/** Fields that the envelope does not have: there they are named and do no harm. */
const NATIVE_ONLY = new Set(['background', 'output_compression', 'partial_images', 'stream']);
const NUMBERS: Readonly<Record<number, number>> = { 400: 10002, 404: 12300 };

interface Answer {
  readonly status: number;
  readonly text: string;
}

describe('hostile bodies on /api/ai', () => {
  let app: TestApp;
  let client: AiRelayClient;
  let customer: { accountId: string; secret: string };

  beforeAll(async () => {
    app = await startApp();
    client = await AiRelayClient.of(app);
    customer = await client.given(CREDITS);
  });

  afterAll(() => app.stop());

  /** By hand, because `fetch` mends what is sent here. */
  function send(path: string, { body, headers = {} }: Hostile): Promise<Answer> {
    const bytes = Buffer.from(body as string);
    const request = httpRequest(app.url + path, {
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

  it.each(HOSTILE.map((hostile) => [hostile.name, hostile] as const))(
    'the native route refuses %s, names the field at fault and echoes nothing long',
    async (_name, hostile) => {
      const { status, text } = await send(NATIVE, hostile);
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

  it('the envelope refuses them with its own numbers, whatever is to come of it', async () => {
    const harmful = HOSTILE.filter(({ param = '' }) => !NATIVE_ONLY.has(param));
    expect(harmful.length).toBeGreaterThan(180);
    for (const [i, hostile] of harmful.entries()) {
      const path = i % 2 === 0 ? GENERATE : `${GENERATE}/async`;
      const { status, text } = await send(path, hostile);
      const { code } = JSON.parse(text) as { code: number };
      const statuses = hostile.status ?? [400];
      const model = hostile.param === 'model' ? [12300] : [];
      const numbers = [...statuses, ...statuses.map((each) => NUMBERS[each]), ...model];
      expect([hostile.name, status, numbers.includes(code)]).toEqual([hostile.name, 200, true]);
    }
  });

  it.each<[string, unknown, string]>([
    ['none', undefined, 'image'],
    ['null', null, 'image'],
    ['a number', 5, 'image'],
    ['an object', { image_url: 'https://a.example/' }, 'image'],
    ['an empty list', [], 'image'],
    ['an empty text', '', 'image'],
    ['17 addresses', Array(17).fill('https://a.example/'), 'image'],
    ['a list with null', ['https://a.example/', null], 'image[1]'],
    ['a list with an object', [{ url: 'https://a.example/' }], 'image[0]'],
    ['a list in a list', [['https://a.example/']], 'image[0]'],
    ['a long address', `https://a.example/${'x'.repeat(9000)}`, 'image'],
    ['a data URL of nothing', 'data:image/png;base64,', 'image'],
    ['a data URL of text', ['data:text/plain;base64,aGVsbG8='], 'image[0]'],
    ['a data URL that is no base64', 'data:image/png;base64,!!!!', 'image'],
    ['half a picture', 'data:image/png;base64,iVBORw0KGgo=', 'image'],
  ])('an edit of %s names the image at fault', async (_name, image, param) => {
    const asked = { model: 'gpt-image-2', prompt: 'a', image };
    for (const path of [EDIT, `${EDIT}/async`]) {
      const { body } = await client.post(path, customer.secret, asked);
      expect([body.code, body.message]).toEqual([10002, expect.stringContaining(` ${param}`)]);
      expect(body.message.length).toBeLessThan(2000);
    }
  });

  it('left every credit where it was, and no generation', async () => {
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: CREDITS, held: 0 });
    expect(await app.database.query('SELECT 1 FROM generations')).toEqual([]);
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
  });
});
