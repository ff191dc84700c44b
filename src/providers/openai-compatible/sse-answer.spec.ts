import fc from 'fast-check';
import type { ProviderError, Usage } from '../image-provider.js';
import type { AnswerEvent } from './answer-scanner.js';
import { SseAnswer } from './sse-answer.js';

const FACTS = { status: 200, base: 'https://upstream.example/v1', maxRestBytes: 1024 * 1024 };

interface Seen {
  readonly images: { index: number | null; bytes: string; ended: boolean }[];
  readonly links: string[];
  failure: ProviderError | null;
  usage: Usage | null;
}

/** Feeds copies, since the scanner decodes in place; `cuts` are the chunk lengths, repeated. */
function read(stream: string | Buffer, cuts: readonly number[] = [65_536], previewsAsked = true) {
  const answer = new SseAnswer(FACTS, previewsAsked);
  const seen: Seen = { images: [], links: [], failure: null, usage: null };
  const pieces: Buffer[][] = [];
  const numbers: ((() => number) | undefined)[] = [];
  const take = (event: AnswerEvent) => {
    if (seen.failure) throw new Error('something came after a failure');
    if (event.kind === 'image') {
      pieces.push([]);
      numbers.push(event.partialIndex);
      seen.images.push({ index: null, bytes: '', ended: false });
    }
    if (event.kind === 'bytes') pieces.at(-1)?.push(event.bytes);
    if (event.kind === 'end') seen.images.at(-1)!.ended = true;
    if (event.kind === 'link') seen.links.push(event.url);
    if (event.kind === 'failure') seen.failure = event.error as ProviderError;
  };
  const bytes = Buffer.from(stream);
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const end = at + cuts[turn % cuts.length];
    answer.scan(Buffer.from(bytes.subarray(at, end))).forEach(take);
    at = end;
  }
  answer.end().forEach(take);
  seen.images.forEach((image, at) => {
    const given = Buffer.concat(pieces[at]);
    image.bytes = (numbers[at] ? decoded(given) : given).toString('latin1');
    image.index = numbers[at]?.() ?? null;
  });
  return { ...seen, usage: answer.finish().usage };
}

/** Of a preview's text, which is plain however it came and wherever it ended. */
function decoded(text: Buffer): Buffer {
  const base64 = text.toString('latin1');
  const bytes = Buffer.from(base64, 'base64');
  expect(base64).toBe(bytes.toString('base64'));
  return bytes;
}

const b64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');
const frame = (type: string, data: object, newline = '\n') =>
  `event: ${type}${newline}data: ${JSON.stringify({ type, ...data })}${newline}${newline}`;
const partial = (text: string, index: number, type = 'image_generation.partial_image') =>
  frame(type, { b64_json: b64(text), size: '1x1', partial_image_index: index });
const completed = (text: string, more: object = {}, type = 'image_generation.completed') =>
  frame(type, { b64_json: b64(text), ...more });
const whole = (bytes: string, index: number | null = null) => ({ bytes, index, ended: true });
const USAGE = {
  input_tokens: 3,
  output_tokens: 5,
  total_tokens: 8,
  input_tokens_details: { text_tokens: 2, image_tokens: 1 },
};

/** One event, as text and as what shall come of it. */
interface Case {
  readonly lines: readonly string[];
  readonly gives?: ReturnType<typeof whole>;
}

const bytesOf = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => {
  return Buffer.from(bytes).toString('latin1');
});
const word = fc.stringMatching(/^[a-z0-9 .:"\\é-]{0,20}$/);

const imageEvent = fc
  .record({
    bytes: bytesOf,
    edit: fc.boolean(),
    index: fc.option(fc.integer({ min: 0, max: 9 }), { nil: null }),
    named: fc.constantFrom('both', 'name', 'data'),
    extra: fc.dictionary(word, fc.jsonValue({ maxDepth: 2 })),
    split: fc.boolean(),
    space: fc.constantFrom(' ', ''),
    nameLast: fc.boolean(),
  })
  .map(({ bytes, edit, index, named, extra, split, space, nameLast }): Case => {
    const what = index === null ? 'completed' : 'partial_image';
    const type = `image_${edit ? 'edit' : 'generation'}.${what}`;
    const { type: _type, error: _error, b64_json: _image, ...safe } = extra;
    const document = {
      ...(named === 'name' ? {} : { type }),
      b64_json: b64(bytes),
      ...safe,
      ...(index === null ? { usage: USAGE } : { partial_image_index: index }),
    };
    const json = JSON.stringify(document);
    // A data line may end wherever JSON allows a line break: after the first brace, say.
    const data = split
      ? [`data:${space}{`, `data:${space}${json.slice(1)}`]
      : [`data:${space}${json}`];
    const name = named === 'data' ? [] : [`event:${space}${type}`];
    const late = nameLast && named === 'both';
    return { lines: late ? [...data, ...name] : [...name, ...data], gives: whole(bytes, index) };
  });
const noise = fc.constantFrom<Case>(
  { lines: [': keep-alive'] },
  { lines: [':'] },
  { lines: ['retry: 100', 'id: 7'] },
  { lines: ['data'] },
  { lines: ['event: ping', 'data: ok'] },
  { lines: ['event: ping', 'data: {"type":"ping","n":[{}]}'] },
  { lines: ['event: log', 'data: {"b64_json":"QUJD"}'] },
  { lines: ['data: {"type":"queue.position","b64_json":"QUJDREVG","data":[{"b64_json":"QUJD"}]}'] },
  { lines: ['data: {"broken'] },
  { lines: [`x-${'y'.repeat(300)}: z`] },
  { lines: [`event: ${'y'.repeat(300)}`, 'data: {}'] },
);

describe(SseAnswer.name, () => {
  it('finds the images, however the stream is written and cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 2, arbitrary: imageEvent }, noise), { maxLength: 8 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom('', '\uFEFF'),
        fc.boolean(),
        (cases, newline, cuts, mark, closed) => {
          const given = cases.flatMap(({ gives }) => gives ?? []);
          const finals = given.filter(({ index }) => index === null);
          const text = cases.map(({ lines }) => lines.join(newline)).join(newline + newline);
          // An event that is broken and not closed is a stream that was cut.
          const cut = cases.at(-1)?.lines.at(-1)?.endsWith('{"broken');
          const end = closed || cut ? newline + newline : '';
          const seen = read(mark + text + end, cuts);
          expect(seen.images).toEqual(given);
          expect(seen.failure === null).toBe(finals.length > 0);
          expect(seen.usage?.totalTokens ?? 0).toBe(8 * finals.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('does not mind where chunks end', () => {
    const text =
      ': hello\r\n\r\n' +
      partial('preview \u0000ÿ', 1).replaceAll('\n', '\r\n') +
      completed('the picture', { usage: USAGE }, 'image_edit.completed').replaceAll('\n', '\r') +
      'data: [DONE]\n\n';
    for (let at = 1; at < text.length; at += 1) {
      for (const cuts of [[at, text.length], [at]]) {
        const { images, failure } = read(text, cuts);
        expect(images).toEqual([whole('preview \u0000ÿ', 1), whole('the picture')]);
        expect(failure).toBeNull();
      }
    }
  });

  it('never turns into anything worse than a failure, whatever comes', () => {
    const alphabet = fc.constantFrom(
      ...'\n\r:{}[]",\\ ',
      'data: ',
      'event: ',
      '"b64_json":"',
      'QUJD',
      '"type":"image_generation.completed"',
      'image_generation.partial_image',
      '\u0000',
    );
    fc.assert(
      fc.property(
        fc.array(alphabet, { maxLength: 60 }).map((parts) => parts.join('')),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
        (text, cuts) => void read(text, cuts),
      ),
      { numRuns: 1_000 },
    );
  });

  it('counts previews that carry no number, for each image anew', () => {
    const bare = (text: string) => frame('image_generation.partial_image', { b64_json: b64(text) });
    const stream = bare('a') + bare('b') + completed('c') + bare('d') + completed('e');
    expect(read(stream).images.map(({ index }) => index)).toEqual([0, 1, null, 0, null]);
  });

  it('adds up the usage of several images', () => {
    const stream = completed('a', { usage: USAGE }) + completed('b', { usage: USAGE });
    expect(read(stream).usage).toEqual({
      inputTokens: 6,
      outputTokens: 10,
      totalTokens: 16,
      inputTextTokens: 4,
      inputImageTokens: 2,
    });
  });

  it('takes the address of a picture that is not sent', () => {
    const stream = frame('image_generation.completed', { url: '/files/1.png' });
    expect(read(stream)).toMatchObject({
      links: ['https://upstream.example/files/1.png'],
      failure: null,
    });
  });

  it('ends a damaged preview where the damage begins, and goes on', () => {
    const junk =
      'event: image_generation.partial_image\ndata: {"b64_json":"QUJDREVGQUJDREVG!!"}\n\n';
    const cut = 'event: image_generation.partial_image\ndata: {"b64_json":"QUJD"\n\n';
    const { images, failure } = read(junk + cut + completed('whole'), [30]);
    expect(images.every(({ ended }) => ended)).toBe(true);
    expect(images.at(-1)).toEqual(whole('whole'));
    expect(failure).toBeNull();
  });

  it.each([
    ['junk in an image', completed('x').replace(b64('x'), 'QUJDREVGQUJDREVG!!!!')],
    ['an image twice', completed('x').replace('}', `,"b64_json":"${b64('y')}"}`)],
    ['a broken end', completed('x').replace('"}', '"')],
    ['an image of an untold kind', `data: {"b64_json":"${b64('x')}"}\n\n`],
    [
      'a preview that says so too late',
      `data: {"b64_json":"${b64('x')}","type":"image_generation.partial_image"}\n\n`,
    ],
  ])('refuses %s, and keeps what came before', (_, text) => {
    const { images, failure } = read(completed('before') + text + completed('after'), [40]);
    expect(images[0]).toEqual(whole('before'));
    expect(images.filter(({ ended }) => ended)).toHaveLength(1);
    expect(failure?.failure).toBe('malformed');
  });

  it('takes an image of an untold kind for final where nobody asked for previews', () => {
    const stream = `data: {"b64_json":"${b64('x')}"}\n\n`;
    expect(read(stream, [9], false).images).toEqual([whole('x')]);
    const late = stream.replace('}', ',"type":"image_generation.partial_image"}');
    expect(read(late, [9], false).failure?.failure).toBe('malformed');
  });

  it.each([
    ['event: error\ndata: {"error":{"code":"moderation_blocked"}}\n\n', 'refused'],
    ['data: {"error":{"type":"insufficient_quota"}}\n\n', 'quota'],
    [
      'event: error\ndata: {"type":"error","error":{"code":"rate_limit_exceeded"}}\n\n',
      'rate_limited',
    ],
    ['event: error\ndata: {"code":"invalid_api_key","message":"sk-secret-0123456789"}\n\n', 'auth'],
    ['data: {"error":{"type":"server_error","code":null}}\n\n', 'unavailable'],
    ['data: {"error":{"code":503}}\n\n', 'unavailable'],
    ['event: error\ndata: {"message":"a prompt"}\n\n', 'malformed'],
  ])('classifies %j as %s after what came before', (text, failure) => {
    const seen = read(partial('p', 0) + text + completed('too late'), [25]);
    expect(seen.images).toEqual([whole('p', 0)]);
    expect(seen.failure).toMatchObject({ failure, facts: { sent: true, httpStatus: 200 } });
    expect(seen.failure?.message).not.toMatch(/prompt|sk-secret/);
  });

  it.each([
    ['nothing', ''],
    ['comments', ': hello\n\n: there\n\n'],
    ['previews alone', partial('p', 0)],
    ['half an image', completed('a long picture').slice(0, 60)],
    ['half an event after its image', completed('p', { usage: USAGE }).slice(0, -20)],
    ['a page', '<!doctype html><html></html>'],
  ])('takes an end after %s for a cut', (_, text) => {
    for (const cut of [1, 7, 65_536]) {
      expect(read(text, [cut]).failure?.failure).toBe('interrupted');
    }
  });

  it('takes an end after [DONE] for what it is', () => {
    expect(read('data: [DONE]\n\n')).toMatchObject({ images: [], failure: null });
    expect(read(completed('x') + 'data: [DONE]').failure).toBeNull();
  });

  it('gives up on endless text around an image', () => {
    const answer = new SseAnswer({ ...FACTS, maxRestBytes: 5_000 }, true);
    const begin = Buffer.from('event: image_generation.completed\ndata: {"note":"');
    const events = [begin, ...Array.from({ length: 10 }, () => Buffer.alloc(1_000, 'x'))].flatMap(
      (chunk) => [...answer.scan(chunk)],
    );
    expect(events).toMatchObject([{ kind: 'failure', error: { failure: 'malformed' } }]);
  });

  it('holds no text of events and lines that mean nothing', () => {
    const answer = new SseAnswer({ ...FACTS, maxRestBytes: 5_000 }, true);
    const before = process.memoryUsage().heapUsed;
    for (const begin of ['data: ', ': ', 'event: ', 'x']) {
      answer.scan(Buffer.from(`\n\n${begin}`));
      for (let turn = 0; turn < 300; turn += 1) answer.scan(Buffer.alloc(65_536, 'y'));
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(16 * 1024 * 1024);
  });
});
