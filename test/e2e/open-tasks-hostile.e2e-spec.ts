import { gzipSync } from 'node:zlib';
import { startApp, type TestApp } from '../support/app.js';
import { OpenTasksClient } from './open-tasks-client.js';

interface Hostile {
  readonly name: string;
  readonly body: string | Buffer;
  /** What the message must name. */
  readonly names?: string;
  /** 400 unless told. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const CREDITS = 100;
const json = (fields: object): string => JSON.stringify({ prompt: 'a lighthouse', ...fields });
const shown = (value: unknown): string => JSON.stringify(value).slice(0, 40);

const WRONG_TYPES = [5, 0, -1, 1.5, true, false, null, {}, { a: 1 }];
const FIELDS = ['prompt', 'aspect_ratio', 'resolution', 'visibility', 'images'];

/** Of a field: values of a type it does not have. A list is one for `images` alone. */
const wrongTypes: Hostile[] = FIELDS.flatMap((field) =>
  [...WRONG_TYPES, ...(field === 'images' ? ['https://example.com/a.png'] : [[], ['1k']])].map(
    (value) => ({
      name: `${field} of ${shown(value)}`,
      body: json({ [field]: value }),
      names: field,
    }),
  ),
);

const badValues: Hostile[] = [
  ...['', ' ', 'Auto', '1:1 ', '01:1', '1/1', '16x9', '7:5', '1024x1024', '__proto__'].map(
    (value) => ({
      name: `aspect_ratio of ${shown(value)}`,
      body: json({ aspect_ratio: value }),
      names: 'aspect_ratio',
    }),
  ),
  ...['', '1K', '1', '8k', '0.5k', ' 2k', 'auto', 'toString'].map((value) => ({
    name: `resolution of ${shown(value)}`,
    body: json({ resolution: value }),
    names: 'resolution',
  })),
  ...['', 'Public', 'unlisted', 'true', 'hasOwnProperty'].map((value) => ({
    name: `visibility of ${shown(value)}`,
    body: json({ visibility: value }),
    names: 'visibility',
  })),
  ...['', ' ', '\n\t', '\u00a0', '\u3000'].map((value) => ({
    name: `prompt of ${shown(value)}`,
    body: json({ prompt: value }),
    names: 'prompt is required',
  })),
  { name: 'no prompt', body: '{}', names: 'prompt is required' },
  { name: 'a prompt of 10,001', body: json({ prompt: 'x'.repeat(10_001) }), names: 'prompt' },
  {
    name: 'a prompt of 10,001 emoji',
    body: json({ prompt: '🌊'.repeat(10_001) }),
    names: 'prompt',
  },
  { name: '4k without a ratio', body: json({ resolution: '4k' }), names: 'auto' },
  {
    name: '4k as a square',
    body: json({ resolution: '4k', aspect_ratio: '1:1' }),
    names: 'Accepted: 1k, 2k',
  },
];

const images: Hostile[] = [
  ...[5, null, true, {}, [], { url: 'https://example.com/a.png' }].map((value) => ({
    name: `an image of ${shown(value)}`,
    body: json({ images: [value] }),
    names: 'images[0]',
  })),
  ...['', 'nothing', '/etc/passwd', 'data:image/png;base64,iVBORw0KGgo=', 'file:///etc/passwd'].map(
    (value) => ({
      name: `an image at ${shown(value)}`,
      body: json({ images: [value] }),
      names: 'images[0]',
    }),
  ),
  {
    name: 'five images',
    body: json({ images: Array(5).fill('https://a.example/') }),
    names: 'images',
  },
  {
    name: 'an address of 2,049',
    body: json({ images: [`https://a.example/${'x'.repeat(2031)}`] }),
    names: 'images[0]',
  },
];

const otherFields: Hostile[] = [
  ...['n', 'size', 'model', 'quality', 'user', 'response_format', 'stream', 'api_key', 'Prompt'],
  ...['prompt ', 'aspectRatio', 'image', 'image_urls', 'callback', 'webhook', 'id', 'status', ''],
].map((field) => ({ name: `a field ${shown(field)}`, body: json({ [field]: 1 }) }));

const syntax: Hostile[] = [
  ...['', ' ', 'null', '5', '"a"', '[]', '[{"prompt":"a"}]', '{', '{"prompt":"a"', 'prompt=a'],
  ...['{"prompt":"a",}', "{'prompt':'a'}", '{prompt:"a"}', '{"prompt":"a"}{}', '{"prompt":"a"} x'],
  ...['{"prompt":"a","prompt":"b"}', '{"prompt":"a","__proto__":{"x":1}}', '{"constructor":{}}'],
  ...['{"prompt":"a\\u0000"}', '{"prompt":"\\ud800"}', '{"prompt":"a\nb"}', '{"prompt":NaN}'],
  ...['{"prompt":"a","x":1e999}', `{"prompt":${'['.repeat(5000)}${']'.repeat(5000)}}`],
].map((body) => ({ name: `the body ${shown(body)}`, body }));

const media: Hostile[] = [
  { name: 'a byte order mark', body: Buffer.from('\ufeff{"prompt":"a"}') },
  { name: 'Latin-1', body: Buffer.from('{"prompt":"\u00e9"}', 'latin1') },
  { name: 'UTF-16', body: Buffer.from('{"prompt":"a"}', 'utf16le') },
  ...[
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/xml',
    '',
    'application/jsonx',
  ].map((type) => ({
    name: `the type ${shown(type)}`,
    body: json({}),
    status: 415,
    headers: { 'content-type': type },
  })),
  {
    name: 'gzip',
    body: gzipSync(json({})),
    status: 415,
    headers: { 'content-encoding': 'gzip' },
  },
  {
    name: 'another charset',
    body: json({}),
    status: 415,
    headers: { 'content-type': 'application/json; charset=utf-16' },
  },
  { name: 'two megabytes', body: json({ prompt: 'x'.repeat(2_000_000) }), status: 413 },
];

const HOSTILE = [
  ...[...wrongTypes, ...badValues, ...images],
  ...[...otherFields, ...syntax, ...media],
];

describe('hostile bodies to /api/open/v1', () => {
  let app: TestApp;
  let client: OpenTasksClient;
  let customer: { accountId: string; secret: string };

  beforeAll(async () => {
    app = await startApp();
    client = await OpenTasksClient.of(app);
    customer = await client.givenPaid(CREDITS);
  });

  afterAll(() => app.stop());

  it('are many, each another', () => {
    expect(HOSTILE.length).toBeGreaterThanOrEqual(120);
    expect(new Set(HOSTILE.map(({ name }) => name)).size).toBe(HOSTILE.length);
  });

  it.each(HOSTILE.map((hostile) => [hostile.name, hostile] as const))(
    'refuses %s',
    async (_name, { body, names = '', status = 400, headers = {} }) => {
      const answer = await client.create(customer.secret, body, headers);

      expect(answer.status).toBe(status);
      if (status === 400) expect(answer.body.error).toBe('invalid_request');
      expect(answer.body.message).toContain(names);
      expect(answer.text.length).toBeLessThan(1000);
    },
  );

  it.each(['x'.repeat(256), 'a b'])('refuses the Idempotency-Key %j', async (key) => {
    const answer = await client.create(customer.secret, json({}), { 'idempotency-key': key });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });

  it('left every credit where it was, and no generation', async () => {
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: CREDITS, held: 0 });
    expect(await app.database.query('SELECT 1 FROM generations')).toEqual([]);
    expect(await app.checkLedger()).toMatchObject({ ok: true, violations: [] });
  });
});
