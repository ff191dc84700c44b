import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

/** One request nobody should have to suffer from. */
export interface Hostile {
  readonly name: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** The field the answer must name; absent: the body as a whole is at fault. */
  readonly param?: string;
  /** Statuses that are right; 400 unless told. */
  readonly status?: readonly number[];
}

const BASE = { model: 'easel-sketch', prompt: 'a lighthouse' };
const json = (fields: object): string => JSON.stringify({ ...BASE, ...fields });
const raw = (members: string): string => `{"model":"easel-sketch","prompt":"a",${members}}`;

/** Every body here must be refused: no credit moves, no 5xx, and the field at fault is named. */
export const HOSTILE: readonly Hostile[] = [
  ...unstorableText(),
  ...counts(),
  ...wrongTypes(),
  ...badValues(),
  ...structure(),
  ...syntax(),
  ...encodings(),
  ...media(),
  ...sizes(),
];

function unstorableText(): Hostile[] {
  const texts = ['\\u0000', 'a\\u0000b', '\\ud800', 'a\\ud800b', '\\udc00', '\\udc00\\ud800'];
  const fields = ['prompt', 'model', 'user', 'size', 'quality', 'style', 'safety_identifier'];
  const inFields = fields.flatMap((field) =>
    texts.map((text) => ({
      name: `${text} in ${field}`,
      body: `{"model":"easel-sketch","prompt":"a","${field}":"${text}"}`.replace(
        field === 'prompt' ? '"prompt":"a",' : field === 'model' ? '"model":"easel-sketch",' : '\0',
        '',
      ),
      param: field,
    })),
  );
  const nested = texts.map((text) => ({
    name: `${text} in an ignored field`,
    body: raw(`"metadata":{"deep":["${text}"]}`),
    param: 'metadata.deep[0]',
  }));
  const keys = texts.map((text) => ({ name: `${text} in a key`, body: raw(`"k${text}":1`) }));
  return [...inFields, ...nested, ...keys];
}

function counts(): Hostile[] {
  const values = [
    ...['0', '-1', '-0.5', '1.5', '1e309', '-1e309', '11', '99', '2147483648', '4294967296'],
    ...['9007199254740993', '1e20', 'true', 'false', '[1]', '[]', '{}', '{"n":1}', '""', '"x"'],
    ...['"1.5"', '"0"', '"-1"', '"0x2"', '"1e1"', '"NaN"', '"Infinity"', '"٣"', '"1;2"'],
  ];
  return values.map((value) => ({
    name: `n of ${value}`,
    body: raw(`"n":${value}`),
    param: 'n',
  }));
}

function wrongTypes(): Hostile[] {
  const texts = ['model', 'size', 'quality', 'user', 'response_format', 'background', 'style'];
  const wrong = [5, true, [], ['a'], {}, { a: 1 }];
  return [
    ...texts.flatMap((field) =>
      wrong.map((value) => ({
        name: `${field} of ${JSON.stringify(value)}`,
        body: json({ [field]: value }),
        param: field,
      })),
    ),
    ...[5, true, [], {}, null, ['a']].map((value) => ({
      name: `prompt of ${JSON.stringify(value)}`,
      body: json({ prompt: value }),
      param: 'prompt',
    })),
    ...['maybe', 2, [], {}].map((value) => ({
      name: `stream of ${JSON.stringify(value)}`,
      body: json({ stream: value }),
      param: 'stream',
    })),
    ...['x', 1.5, [], true].map((value) => ({
      name: `output_compression of ${JSON.stringify(value)}`,
      body: json({ output_compression: value }),
      param: 'output_compression',
    })),
  ];
}

function badValues(): Hostile[] {
  const sizes = [
    '1024',
    'x',
    '0x0',
    '-1x-1',
    '1024x',
    '1024x1024x2',
    '99999x99999',
    '١٠x١٠',
    '1e3x1',
  ];
  const injections = ["'; DROP TABLE generations;--", '${jndi:ldap://x}', '{{7*7}}', '../../etc'];
  return [
    { name: 'no prompt', body: '{"model":"easel-sketch"}', param: 'prompt' },
    { name: 'empty prompt', body: json({ prompt: '' }), param: 'prompt' },
    { name: 'blank prompt', body: json({ prompt: ' \n\t ' }), param: 'prompt' },
    { name: 'long prompt', body: json({ prompt: 'x'.repeat(200_000) }), param: 'prompt' },
    {
      name: 'a million marks',
      body: json({ prompt: `a${'\u0301'.repeat(300_000)}` }),
      param: 'prompt',
    },
    { name: 'partial_images of 4', body: json({ partial_images: 4 }), param: 'partial_images' },
    { name: 'a long user', body: json({ user: 'x'.repeat(5000) }), param: 'user' },
    ...sizes.map((size) => ({ name: `size ${size}`, body: json({ size }), param: 'size' })),
    ...injections.flatMap((text) => [
      { name: `model ${text}`, body: json({ model: text }), param: 'model', status: [404] },
      { name: `size ${text}`, body: json({ size: text }), param: 'size' },
      { name: `format ${text}`, body: json({ response_format: text }), param: 'response_format' },
    ]),
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then'].map((model) => ({
      name: `model ${model}`,
      body: json({ model }),
      param: 'model',
      status: [404],
    })),
  ];
}

function structure(): Hostile[] {
  const deepArray = `x${'[0]'.repeat(19)}`;
  const deep = (open: string, close: string, levels: number): string =>
    raw(`"x":${open.repeat(levels)}1${close.repeat(levels)}`);
  return [
    ...[21, 5000, 40_000].flatMap((levels) => [
      { name: `${levels} arrays`, body: deep('[', ']', levels), param: deepArray },
      { name: `${levels} objects`, body: deep('{"a":', '}', levels), param: `x${'.a'.repeat(19)}` },
    ]),
    { name: 'arrays left open', body: raw(`"x":${'['.repeat(100_000)}`), param: deepArray },
    { name: 'the same key twice', body: raw('"n":1,"n":10'), param: 'n' },
    { name: 'the same key, escaped', body: raw('"n":1,"\\u006e":10'), param: 'n' },
    { name: 'two prompts', body: '{"prompt":"a","prompt":5}', param: 'prompt' },
    { name: 'a nested key twice', body: raw('"x":{"a":1,"a":2}'), param: 'x.a' },
    { name: '__proto__', body: raw('"__proto__":{"n":5}'), param: '__proto__' },
    { name: '__proto__, escaped', body: raw('"__proto\\u005f_":{}'), param: '__proto__' },
    { name: '__proto__ inside', body: raw('"x":{"__proto__":{}}'), param: 'x.__proto__' },
    { name: 'constructor', body: raw('"constructor":{"prototype":{"n":5}}'), param: 'constructor' },
    { name: 'a thousand keys', body: json(manyKeys(1001)) },
    { name: 'fifty thousand keys', body: json(manyKeys(50_000)) },
    { name: 'fifty thousand items', body: json({ x: new Array(50_000).fill(0) }) },
    ...['null', '"x"', '5', 'true', '[]', '[{}]', '[{"prompt":"a"}]'].map((body) => ({
      name: `${body} for a body`,
      body,
    })),
  ];
}

function syntax(): Hostile[] {
  const broken = [
    ...['', ' ', '{', '}', '{"prompt"', '{"prompt":', '{"prompt":"a"', '{"prompt":"a",}', '{,}'],
    ...["{'prompt':'a'}", '{prompt:"a"}', '{"prompt":"a"}{"prompt":"b"}', '{"prompt":"a"} x'],
    ...[
      '// hi\n{"prompt":"a"}',
      '{"prompt":"a" /* hi */}',
      '{"prompt":"a\nb"}',
      '{"prompt":"\\x"}',
    ],
    ...['{"prompt":"\\u12"}', '{"n":01,"prompt":"a"}', '{"n":+1,"prompt":"a"}', '{"n":.5}'],
    ...[
      '{"n":1.,"prompt":"a"}',
      '{"n":NaN,"prompt":"a"}',
      '{"n":Infinity}',
      '{"n":1e,"prompt":"a"}',
    ],
    ...['{"n":undefined}', '{"n":nul}', '{"a" "b"}', '{"a":1 "b":2}', '<prompt>a</prompt>'],
    ...['prompt=a&n=1', '\u00a0{"prompt":"a"}', '{"prompt":"a"}\u0000', '\u2028{"prompt":"a"}'],
  ];
  return broken.map((body) => ({ name: `syntax: ${JSON.stringify(body).slice(0, 40)}`, body }));
}

function encodings(): Hostile[] {
  const text = json({});
  const bytes = (hex: string): Buffer =>
    Buffer.concat([Buffer.from('{"prompt":"'), Buffer.from(hex, 'hex'), Buffer.from('"}')]);
  return [
    { name: 'a byte order mark', body: `\ufeff${text}` },
    { name: 'UTF-16 little endian', body: Buffer.from(text, 'utf16le') },
    { name: 'UTF-16 with its mark', body: Buffer.from(`\ufeff${text}`, 'utf16le') },
    { name: 'UTF-16 big endian', body: Buffer.from(text, 'utf16le').swap16() },
    { name: 'latin-1', body: Buffer.from('{"prompt":"café"}', 'latin1') },
    { name: 'an overlong slash', body: bytes('c0af') },
    { name: 'an overlong NUL', body: bytes('c080') },
    { name: 'an encoded surrogate', body: bytes('eda080') },
    { name: 'beyond Unicode', body: bytes('f4908080') },
    { name: 'a lone continuation', body: bytes('80') },
    { name: 'a cut character', body: bytes('f09f8c') },
    { name: 'gzip unannounced', body: gzipSync(text) },
    {
      name: 'random bytes',
      body: Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 37) % 256)),
    },
  ];
}

function media(): Hostile[] {
  const unsupported = [415];
  const type = (value: string) => ({ 'content-type': value });
  const coded = (value: string) => ({ 'content-encoding': value });
  const text = json({});
  return [
    { name: 'no media type', body: text, headers: type(''), status: unsupported },
    ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'].map(
      (value) => ({ name: value, body: text, headers: type(value), status: unsupported }),
    ),
    ...[
      'text/json',
      'application/jsonx',
      'application/',
      'json',
      ';',
      'application/json,text/html',
    ].map((value) => ({ name: value, body: text, headers: type(value), status: unsupported })),
    ...['foo', 'utf-16', 'latin1', '""', 'utf-8; charset=utf-16'].map((charset) => ({
      name: `charset ${charset}`,
      body: text,
      headers: type(`application/json; charset=${charset}`),
      status: unsupported,
    })),
    { name: 'gzip', body: gzipSync(text), headers: coded('gzip'), status: unsupported },
    {
      name: 'a gzip bomb',
      body: gzipSync(Buffer.alloc(20_000_000, 32)),
      headers: coded('gzip'),
      status: unsupported,
    },
    { name: 'deflate', body: deflateSync(text), headers: coded('deflate'), status: unsupported },
    { name: 'brotli', body: brotliCompressSync(text), headers: coded('br'), status: unsupported },
    { name: 'zstd', body: 'x', headers: coded('zstd'), status: unsupported },
  ];
}

function sizes(): Hostile[] {
  const tooLarge = [413];
  return [
    { name: 'a prompt of 10 MB', body: json({ prompt: 'x'.repeat(10_000_000) }), status: tooLarge },
    { name: 'a key of 2 MB', body: json({ ['k'.repeat(2_000_000)]: 1 }), status: tooLarge },
    { name: '5 MB of blanks', body: ' '.repeat(5_000_000), status: tooLarge },
    { name: '3 MB of brackets', body: '['.repeat(3_000_000), status: tooLarge },
  ];
}

function manyKeys(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));
}
