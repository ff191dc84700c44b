import { describe, expect, it } from '@jest/globals';
import { type CredentialHeaders, credentialOf, type KeyHeader } from './credential.js';
import { mintSecret } from './secret.js';

const KEY = mintSecret('easel', 'live');
const OTHER = mintSecret('easel', 'live');
const ALL: readonly KeyHeader[] = ['bearer', 'x-api-key', 'api-key'];

/** As Node hands it over: the first Authorization wins, other repeated headers are joined. */
function request(...headers: [name: string, value: string][]): CredentialHeaders {
  const parsed: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (parsed[key] === undefined) parsed[key] = value;
    else if (key !== 'authorization') parsed[key] += `, ${value}`;
  }
  return { headers: parsed, rawHeaders: headers.flat() };
}

describe(credentialOf, () => {
  it.each([
    ['Authorization', `Bearer ${KEY}`],
    ['authorization', `bearer ${KEY}`],
    ['AUTHORIZATION', `BEARER ${KEY}`],
    ['X-Api-Key', KEY],
    ['api-key', KEY],
  ])('takes the key from %s: %.12s…', (name, value) => {
    expect(credentialOf(request([name, value]), ALL)).toBe(KEY);
  });

  it.each([
    [''],
    ['Bearer'],
    ['Bearer '],
    [KEY],
    [`Basic ${KEY}`],
    [`Token ${KEY}`],
    [`Bearer  ${KEY}`],
    [`Bearer\t${KEY}`],
    [`Bearer ${KEY} `],
    [` Bearer ${KEY}`],
    [`Bearer ${KEY},${KEY}`],
    [`Bearer ${KEY}, Bearer ${KEY}`],
    [`Bearer "${KEY}"`],
    [`Bearer=${KEY}`],
    [`Bearer ${KEY}é`],
    ['Bearer ключ'],
    [`Bearer ${KEY}\u0000`],
    [`Bearer ${'k'.repeat(100_000)}`],
    [`Bearer ${KEY.slice(0, -1)}`],
    [`Bearer ${KEY.replace('-live-', '-test-')}`],
  ])('refuses Authorization: %.60j', (value) => {
    expect(credentialOf(request(['Authorization', value]), ALL)).toBeNull();
  });

  it.each([['Authorization', `Bearer ${KEY}`] as const, ['x-api-key', KEY] as const])(
    'refuses a repeated %s, even with the same key twice',
    (name, value) => {
      expect(credentialOf(request([name, value], [name.toUpperCase(), value]), ALL)).toBeNull();
    },
  );

  it('is not confused by a header value that reads like a header name', () => {
    const headers = request(['x-note', 'authorization'], ['Authorization', `Bearer ${KEY}`]);

    expect(credentialOf(headers, ALL)).toBe(KEY);
  });

  it('refuses two different keys and takes the same key sent twice by name', () => {
    const bearer: [string, string] = ['Authorization', `Bearer ${KEY}`];

    expect(credentialOf(request(bearer, ['x-api-key', OTHER]), ALL)).toBeNull();
    expect(credentialOf(request(bearer, ['x-api-key', 'garbage']), ALL)).toBeNull();
    expect(credentialOf(request(bearer, ['x-api-key', KEY], ['api-key', KEY]), ALL)).toBe(KEY);
  });

  it('sees only the headers its surface listens to', () => {
    expect(credentialOf(request(['x-api-key', KEY]), ['bearer'])).toBeNull();
    expect(
      credentialOf(request(['x-api-key', OTHER], ['Authorization', `Bearer ${KEY}`]), ['bearer']),
    ).toBe(KEY);
  });

  it('finds nothing where there is nothing', () => {
    expect(credentialOf(request(), ALL)).toBeNull();
    expect(credentialOf(request(['Cookie', `api_key=${KEY}`]), ALL)).toBeNull();
  });
});
