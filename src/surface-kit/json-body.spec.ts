import { gzipSync } from 'node:zlib';
import { Readable } from 'node:stream';
import type { Request } from 'express';
import { DomainError } from '../common/domain-error.js';
import { readJsonObject } from './json-body.js';

const LIMIT = 20_000;

function send(body: string | Buffer, headers: Record<string, string> = {}): Promise<object> {
  const request = Object.assign(Readable.from([Buffer.from(body)]), {
    headers: { 'content-type': 'application/json', ...headers },
  });
  return readJsonObject(request as unknown as Request, LIMIT);
}

async function failureOf(sending: Promise<object>): Promise<DomainError> {
  const outcome = await sending.then(
    () => 'accepted',
    (error: unknown) => error,
  );
  if (outcome instanceof DomainError) return outcome;
  throw new Error(`Not refused as it should be: ${String(outcome)}`);
}

describe('readJsonObject', () => {
  it('reads an object in plain UTF-8', async () => {
    await expect(send('{"prompt":"Leuchtturm 灯塔 🌊"}')).resolves.toEqual({
      prompt: 'Leuchtturm 灯塔 🌊',
    });
  });

  it('reads a body cut anywhere between its bytes', async () => {
    const bytes = Buffer.from('{"prompt":"🌊"}');
    const request = Object.assign(Readable.from([...bytes].map((byte) => Buffer.from([byte]))), {
      headers: { 'content-type': 'application/json' },
    });
    await expect(readJsonObject(request as unknown as Request, LIMIT)).resolves.toEqual({
      prompt: '🌊',
    });
  });

  it.each(['application/json', 'Application/JSON; charset=UTF-8', 'application/vnd.x+json'])(
    'takes the media type %s',
    async (type) => {
      await expect(send('{}', { 'content-type': type })).resolves.toEqual({});
    },
  );

  it.each([
    ['no media type', { 'content-type': '' }],
    ['text', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['compression', { 'content-encoding': 'gzip' }],
    ['two compressions', { 'content-encoding': 'identity, gzip' }],
  ])('refuses %s as an unsupported media type', async (_case, headers) => {
    const { code } = await failureOf(send('{"prompt":"x"}', headers));
    expect(code).toBe('unsupported_media_type');
  });

  it.each([
    ['a byte order mark', Buffer.from('\ufeff{}')],
    ['UTF-16', Buffer.from('{"prompt":"x"}', 'utf16le')],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a surrogate encoded as bytes', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['gzip without saying so', gzipSync('{}')],
    ['nothing', Buffer.alloc(0)],
    ['an array', Buffer.from('[]')],
    ['a second value', Buffer.from('{} {}')],
    ['too many fields', Buffer.from(JSON.stringify(manyFields(1001)))],
  ])('refuses %s as an invalid body', async (_case, body) => {
    await expect(failureOf(send(body))).resolves.toMatchObject({ code: 'invalid_value' });
  });

  it('says what a byte order mark is called', async () => {
    const { message } = await failureOf(send('\ufeff{}'));
    expect(message).toContain('byte order mark');
  });

  it('names the field that holds text nobody can store', async () => {
    const { facts } = await failureOf(send('{"prompt":"a\\u0000b"}'));
    expect(facts.param).toBe('prompt');
  });

  it('does not echo a hostile key', async () => {
    const { facts, message } = await failureOf(send('{"a\\r\\nb":1,"a\\r\\nb":2}'));
    expect(`${facts.param}${message}`).not.toMatch(/[\r\n]/);
  });

  it('refuses a body that says it is too large, and one that turns out to be', async () => {
    const long = `{"prompt":"${'x'.repeat(LIMIT)}"}`;
    const honest = await failureOf(send(long, { 'content-length': String(long.length) }));
    const silent = await failureOf(send(long));
    expect([honest.code, silent.code]).toEqual(['request_too_large', 'request_too_large']);
  });
});

function manyFields(count: number): object {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, i]));
}
