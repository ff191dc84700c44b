import { gzipSync } from 'node:zlib';
import { type TestApp, startApp } from '../support/app.js';
import { Contract, readSeed } from '../support/contract.js';
import { ASKED, RestClient } from './rest-images-client.js';

const CREDITS = 100;

interface Hostile {
  readonly name: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** The field the answer must name; absent: the body as a whole. */
  readonly path?: string;
  readonly status?: number;
}

const FIELDS = ['prompt', 'modelId', 'aspectRatio', 'style', 'thinkingLevel'];
const json = (fields: object): string => JSON.stringify({ ...ASKED, ...fields });

/** A body with one member written by hand. */
function raw(name: string, value: string): string {
  const rest = Object.entries(ASKED).filter(([field]) => field !== name);
  const members = rest.map(([field, text]) => `${JSON.stringify(field)}:${JSON.stringify(text)}`);
  return `{${[...members, `${JSON.stringify(name)}:${value}`].join(',')}}`;
}

const wrongTypes = FIELDS.flatMap((path) =>
  ['null', '1', 'true', '[]', '{}', '["a"]', '{"a":"b"}', '1e309'].map((value) => ({
    name: `${path} of ${value}`,
    body: raw(path, value),
    path,
  })),
);

const unstorable = FIELDS.flatMap((path) =>
  ['\\u0000', 'a\\u0000b', '\\ud800', '\\udc00\\ud800'].map((text) => ({
    name: `${text} in ${path}`,
    body: raw(path, `"${text}"`),
    path,
  })),
);

const badValues: Hostile[] = [
  { name: 'no prompt', body: '{"modelId":"openai:gpt-image-2"}', path: 'prompt' },
  { name: 'no model', body: '{"prompt":"a"}', path: 'modelId' },
  { name: 'an empty prompt', body: json({ prompt: '' }), path: 'prompt' },
  { name: 'a blank prompt', body: json({ prompt: ' \n\u3000' }), path: 'prompt' },
  { name: 'a long prompt', body: json({ prompt: 'x'.repeat(2001) }), path: 'prompt' },
  { name: 'a long prompt of foxes', body: json({ prompt: '🦊'.repeat(2001) }), path: 'prompt' },
  { name: 'a long style', body: json({ style: 'x'.repeat(10_001) }), path: 'style' },
  ...['gpt-image-2', 'openai:dall-e-2', 'OPENAI:gpt-image-2', 'openai:gpt-image-2 ', ''].map(
    (modelId) => ({ name: `the model "${modelId}"`, body: json({ modelId }), path: 'modelId' }),
  ),
  ...['1:2', '1x1', '16:9 ', 'auto', '', '٣:٢'].map((aspectRatio) => ({
    name: `the ratio "${aspectRatio}"`,
    body: json({ aspectRatio }),
    path: 'aspectRatio',
  })),
  ...['default', 'deep', 'DEEP', ''].map((thinkingLevel) => ({
    name: `thinking "${thinkingLevel}" of a model without`,
    body: json({ thinkingLevel }),
    path: 'thinkingLevel',
  })),
  ...['n', 'size', 'quality', 'Prompt', 'toString', 'response_format', 'user'].map((field) => ({
    name: `the field ${field}`,
    body: json({ [field]: 1 }),
    path: field,
  })),
];

const syntax: Hostile[] = [
  ...['', ' ', '{', '[]', '"a"', 'null', '1', "{'prompt':1}", '{"prompt":"a",}', '{} {}'].map(
    (body) => ({ name: `the text ${JSON.stringify(body)}`, body }),
  ),
  { name: 'a key twice', body: '{"prompt":"a","prompt":"b"}', path: 'prompt' },
  { name: '__proto__', body: '{"__proto__":{}}', path: '__proto__' },
  { name: 'bytes that are no UTF-8', body: Buffer.from([0x7b, 0xff, 0x7d]) },
  { name: 'a byte order mark', body: Buffer.from('\ufeff{}') },
  { name: 'deep nesting', body: `{"prompt":${'['.repeat(1000)}${']'.repeat(1000)}}`, path: '*' },
  { name: 'too many fields', body: JSON.stringify(manyFields(1001)) },
];

function manyFields(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, 1]));
}

const media: Hostile[] = [
  ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'].map(
    (type) => ({ name: type, body: json({}), headers: { 'content-type': type }, status: 415 }),
  ),
  {
    name: 'another charset',
    body: json({}),
    headers: { 'content-type': 'application/json; charset=utf-16' },
    status: 415,
  },
  {
    name: 'a compressed body',
    body: gzipSync(json({})),
    headers: { 'content-encoding': 'gzip' },
    status: 415,
  },
  { name: 'more than 1 MiB', body: json({ prompt: 'x'.repeat(1_048_576) }), status: 413 },
];

const keys: Hostile[] = ['x'.repeat(256), 'a b'].map((key) => ({
  name: `an Idempotency-Key of ${key.length} characters`,
  body: json({}),
  headers: { 'idempotency-key': key },
  path: 'Idempotency-Key',
}));

const HOSTILE: readonly Hostile[] = [
  ...wrongTypes,
  ...unstorable,
  ...badValues,
  ...syntax,
  ...media,
  ...keys,
];

describe('hostile bodies on /api/v1', () => {
  const seed = new Contract(readSeed('002_getimages.openapi.json'));
  let app: TestApp;
  let customer: { accountId: string; secret: string };
  let client: RestClient;

  beforeAll(async () => {
    app = await startApp();
    customer = await app.givenCustomer(CREDITS);
    client = new RestClient(app, customer.secret);
  });

  afterAll(() => app.stop());

  it.each(HOSTILE.map((hostile) => [hostile.name, hostile] as const))(
    'refuses %s, names the field at fault and echoes nothing long',
    async (_name, { body, headers, path = '', status = 400 }) => {
      const answer = await client.send('POST', '/images/generate', body, { ...headers });
      expect(answer.status).toBe(status);
      expect(seed.problemsBy('ErrorResponse', answer.body)).toEqual([]);
      const [detail] = answer.body.error.details;
      if (path !== '*') expect(detail.path).toBe(path);
      expect(JSON.stringify(answer.body).length).toBeLessThan(4000);
    },
  );

  it('left every credit where it was, and no generation', async () => {
    expect(await app.balanceOf(customer.accountId)).toEqual({ available: CREDITS, held: 0 });
    const [{ count }] = await app.database.query<{ count: string }>(
      'SELECT count(*) FROM generations',
    );
    expect(Number(count)).toBe(0);
  });
});
