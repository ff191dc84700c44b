import fc from 'fast-check';
import { JsonImageScanner, type ScannedAnswer } from './json-image-scanner.js';
import { MalformedAnswerError } from './malformed-answer.error.js';

const MAX_REST = 1024 * 1024;

interface Scanned extends ScannedAnswer {
  readonly images: Map<number, Buffer>;
}

/** Feeds copies, since the scanner decodes in place; `cuts` are the chunk lengths, repeated. */
function scan(document: string | Buffer, cuts: readonly number[] = [65_536]): Scanned {
  const scanner = new JsonImageScanner(MAX_REST);
  const bytes = Buffer.from(document);
  const pieces = new Map<number, Buffer[]>();
  let index = -1;
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const end = at + cuts[turn % cuts.length];
    for (const event of scanner.scan(Buffer.from(bytes.subarray(at, end)))) {
      if (event.kind === 'image') pieces.set((index = event.index), []);
      if (event.kind === 'bytes') pieces.get(index)?.push(event.bytes);
    }
    at = end;
  }
  const images = new Map([...pieces].map(([key, value]) => [key, Buffer.concat(value)]));
  return { ...scanner.finish(), images };
}

/** The oracle: what is left of a parsed document, and its images. */
function expected(document: string) {
  const rest = JSON.parse(document) as Record<string, unknown>;
  const images = new Map<number, Buffer>();
  const data = Array.isArray(rest['data']) ? (rest['data'] as unknown[]) : [];
  for (const [index, each] of data.entries()) {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) continue;
    const element = each as Record<string, unknown>;
    if (typeof element['b64_json'] !== 'string') continue;
    const base64 = element['b64_json'].replace(/^data:[^,]*,/i, '');
    if (base64 !== '') images.set(index, Buffer.from(base64, 'base64'));
    element['b64_json'] = true;
  }
  return { rest, images };
}

function expectSame(document: string, cuts?: readonly number[]) {
  const { rest, images } = expected(document);
  const scanned = scan(document, cuts);
  expect(scanned.rest).toEqual(rest);
  expect([...scanned.images]).toEqual([...images]);
  expect(scanned.taken).toEqual(new Set(images.keys()));
}

/** JSON as somebody else might write it: spaces, escapes in keys and strings. */
function write(value: unknown, style: { space: string; escapeKeys: boolean; slashes: boolean }) {
  const { space, escapeKeys, slashes } = style;
  const text = (part: string, escape: boolean): string => {
    const plain = escape
      ? `"${[...part].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`
      : JSON.stringify(part);
    return slashes ? plain.replaceAll('/', '\\/') : plain;
  };
  const any = (part: unknown): string => {
    if (Array.isArray(part)) return `[${space}${part.map(any).join(`${space},${space}`)}${space}]`;
    if (typeof part === 'string') return text(part, false);
    if (typeof part !== 'object' || part === null) return JSON.stringify(part);
    const entries = Object.entries(part).map(
      ([key, each]) => `${text(key, escapeKeys)}${space}:${space}${any(each)}`,
    );
    return `{${space}${entries.join(`${space},${space}`)}${space}}`;
  };
  return any(value);
}

const base64 = fc
  .tuple(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('base64', 'base64url', 'bare', 'half'))
  .map(([bytes, form]) => {
    const buffer = Buffer.from(bytes);
    if (form === 'base64url') return buffer.toString('base64url');
    return form === 'bare'
      ? buffer.toString('base64').replace(/=+$/, '')
      : buffer.toString('base64');
  });
const imageText = fc.oneof(
  base64,
  base64.map((text) => `data:image/png;base64,${text}`),
  base64.map((text) => text.replace(/.{76}/g, '$&\r\n')),
  base64.map((text) => text.replace(/.{17}/g, '$& ')),
);
const innocent = fc.dictionary(
  fc.constantFrom('b64_json', 'data', 'url', 'a"b\\', '\\', 'ü', 'usage'),
  fc.jsonValue({ maxDepth: 3 }),
);
const element = fc.oneof(
  { weight: 4, arbitrary: fc.record({ b64_json: imageText }) },
  fc.record({ revised_prompt: fc.string({ unit: 'binary' }), b64_json: imageText, more: innocent }),
  fc.record({ b64_json: fc.constantFrom(null, ''), url: fc.webUrl() }),
  fc.record({
    nested: fc.record({ b64_json: base64, data: fc.array(innocent, { maxLength: 2 }) }),
  }),
  fc.constantFrom(null, 1, 'b64_json', [], [{ b64_json: 'QUJD' }]),
);
const document = fc.record({
  created: fc.integer(),
  note: fc.jsonValue({ maxDepth: 4 }),
  before: innocent,
  data: fc.oneof(fc.array(element, { maxLength: 5 }), innocent, fc.constantFrom(null, 'x', 7)),
  after: fc.array(fc.record({ b64_json: base64, data: fc.array(innocent, { maxLength: 2 }) }), {
    maxLength: 2,
  }),
});
const style = fc.record({
  space: fc.constantFrom('', ' ', '\n\t ', '\r\n'),
  escapeKeys: fc.boolean(),
  slashes: fc.boolean(),
});

describe(JsonImageScanner.name, () => {
  it('finds the images and the rest that JSON.parse finds, however it is written and cut', () => {
    fc.assert(
      fc.property(
        document,
        style,
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 6 }),
        (value, how, cuts) => expectSame(write(value, how), cuts),
      ),
      { numRuns: 400 },
    );
  });

  it('agrees with JSON.parse on what is JSON at all', () => {
    fc.assert(
      fc.property(
        fc.oneof(document, fc.record({ data: fc.array(element, { minLength: 1, maxLength: 3 }) })),
        fc.nat(),
        fc.constantFrom('', '"', ',', ':', '}', ']', '{', '\\', '\n', 'x'),
        (value, where, junk) => {
          const whole = JSON.stringify(value);
          const at = where % whole.length;
          const broken = whole.slice(0, at) + junk + whole.slice(at + 1);
          let parsed = true;
          try {
            JSON.parse(broken);
          } catch {
            parsed = false;
          }
          // An image may be damaged in JSON that is whole; JSON that is not whole never passes.
          if (!parsed) expect(() => scan(broken, [37])).toThrow(MalformedAnswerError);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('does not mind where chunks end', () => {
    const bytes = Buffer.from(Array.from({ length: 100 }, (_, at) => (at * 37) % 256));
    const text = JSON.stringify({
      data: [{ b64_json: bytes.toString('base64') }, { b64_json: 'data:image/png;base64,QUJD' }],
      usage: { total_tokens: 3 },
    }).replaceAll('/', '\\/');
    for (let at = 1; at < text.length; at += 1) {
      expectSame(text, [at, text.length]);
      expectSame(text, [at]);
    }
  });

  it('never writes again to bytes it handed out', () => {
    const bytes = Buffer.alloc(300_000, 'a picture');
    const text = Buffer.from(JSON.stringify({ data: [{ b64_json: bytes.toString('base64') }] }));
    expect(scan(text, [65_536, 1, 7, 30_000]).images.get(0)?.equals(bytes)).toBe(true);
  });

  it.each([
    ['junk', 'iVBORw0KGgo!!aaaaaaaaaaaaaa'],
    ['a word of another alphabet', 'iVBORw0KGgoäaaaaaaaaaaaaaaaa'],
    ['junk at its end', 'QUJDQUJDQUJDQUJDQUJDQ!'],
    ['junk after padding', 'QUJDQUJDQUJDQUJDQQ==!'],
    ['an escaped backslash before a slash', 'QUJDQUJD\\\\/QUJDQUJDQUJDQUJD'],
    ['a length no base64 has', 'QUJDQ'],
    ['padding in the middle', 'QUJDRA==QUJDQUJDQUJDQUJDQUJD'],
    ['too much padding', 'QUJDRA==='],
    ['padding after a whole', 'QUJD='],
    ['an escaped quote', 'QUJD\\"QUJDQUJDQUJDQUJD'],
    ['an escaped backslash', 'QUJD\\\\QUJDQUJDQUJDQUJD'],
    ['an escape that is none', 'QUJD\\u00zzQUJDQUJDQUJDQUJD'],
    ['a data address without base64', 'data:image/svg+xml,QUJD'],
    ['a data address without an end', `data:${'image/png;'.repeat(50)}`],
    ['an escaped NUL', 'QUJD\\u0000QUJDQUJDQUJDQUJDQUJD'],
    ['an escaped backspace', 'QUJ\\bQUJDQUJDQUJDQUJDQUJD'],
    ['a raw line break', 'QUJD\nQUJDQUJDQUJDQUJDQUJD'],
  ])('refuses an image with %s', (_, text) => {
    for (const cut of [1, 5, 64, 65_536]) {
      expect(() => scan(`{"data":[{"b64_json":"${text}"}]}`, [cut])).toThrow(MalformedAnswerError);
    }
  });

  it.each([
    ['a page', '<!doctype html><html></html>'],
    ['a list', '[{"b64_json":"QUJD"}]'],
    ['a word', '"QUJD"'],
    ['nothing', ''],
    ['two documents', '{"data":[]}{"data":[]}'],
    ['data twice', '{"data":[{"b64_json":"QUJD"}],"data":[{"b64_json":"QUJE"}]}'],
    ['an image twice', '{"data":[{"b64_json":"QUJD","b64_json":"QUJE"}]}'],
    ['no colon before an image', '{"data":[{"b64_json" "QUJD"}]}'],
    ['two values', '{"data":[{"b64_json":"QUJD" "QUJE"}]}'],
    ['a cut image', '{"data":[{"b64_json":"QUJD'],
    ['a cut tail', '{"data":[{"b64_json":"QUJD"}]'],
    ['bottomless nesting', `{"a":${'['.repeat(1000)}`],
  ])('refuses %s', (_, text) => {
    expect(() => scan(text)).toThrow(MalformedAnswerError);
  });

  it('gives up on endless text around the images', () => {
    const scanner = new JsonImageScanner(10_000);
    const feed = () => {
      scanner.scan(Buffer.from('{"note":"'));
      for (let turn = 0; turn < 10; turn += 1) scanner.scan(Buffer.alloc(2_000, 'x'));
    };
    expect(feed).toThrow('too much text around the images');
  });

  it('quotes nothing of the answer in its error', () => {
    const secret = '{"data":[],"revised_prompt": a secret prompt}';
    const attempt = () => scan(secret);
    expect(attempt).toThrow('the answer is not JSON');
    try {
      attempt();
    } catch (error) {
      expect((error as Error).cause).toBeUndefined();
    }
  });

  it('reads an answer that begins with a byte order mark', () => {
    expect(scan('\uFEFF{"data":[{"b64_json":"QUJD"}]}').images.get(0)?.toString()).toBe('ABC');
  });
});
