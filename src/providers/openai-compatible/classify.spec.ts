import { ProviderError, type ProviderFailure } from '../image-provider.js';
import { classifyAbort, classifyAnswer, classifyReading, classifyTransport } from './classify.js';
import { MalformedAnswerError } from './malformed-answer.error.js';

const NOW = Date.parse('2026-11-20T12:00:00Z');

function classify(status: number, document: unknown = null, headers = {}): ProviderError {
  return classifyAnswer({ status, headers, document }, NOW);
}

describe(classifyAnswer.name, () => {
  it.each<[number, ProviderFailure]>([
    [302, 'malformed'],
    [400, 'invalid'],
    [401, 'auth'],
    [402, 'quota'],
    [403, 'auth'],
    [404, 'invalid'],
    [408, 'unavailable'],
    [409, 'invalid'],
    [413, 'invalid'],
    [422, 'invalid'],
    [425, 'unavailable'],
    [429, 'rate_limited'],
    [500, 'unavailable'],
    [529, 'unavailable'],
  ])('takes a bare %s for %s', (status, failure) => {
    const error = classify(status);
    expect([error.failure, error.facts.sent, error.facts.httpStatus]).toEqual([
      failure,
      true,
      status,
    ]);
  });

  it.each<[number, unknown, ProviderFailure]>([
    [403, { error: { code: 'moderation_blocked' } }, 'refused'],
    [400, { error: { type: 'image_generation_user_error', code: null } }, 'refused'],
    [400, { error: { code: 'contentFilter' } }, 'refused'],
    [
      400,
      { error: { code: 'BadRequest', innererror: { code: 'ContentPolicyViolation' } } },
      'refused',
    ],
    [500, { error: { code: 'content_policy_violation' } }, 'refused'],
    [429, { error: { code: 'insufficient_quota', type: 'requests' } }, 'quota'],
    [429, { error: { code: 'billing_hard_limit_reached' } }, 'quota'],
    [403, { error: { type: 'new_api_error', code: 'insufficient_user_quota' } }, 'quota'],
    [400, { error: { code: 'invalid_api_key' } }, 'auth'],
    [400, { error: 'invalid_api_key' }, 'auth'],
    [503, { error: { status: 'RESOURCE_EXHAUSTED' } }, 'rate_limited'],
    [400, { code: 'rate_limit_exceeded' }, 'rate_limited'],
    [422, { detail: [{ msg: 'content_filter' }] }, 'invalid'],
    [400, { error: { message: 'content_policy_violation' } }, 'invalid'],
    [200, { error: { code: 429 } }, 'rate_limited'],
    [200, { error: { type: 'invalid_request_error' } }, 'invalid'],
    [200, { error: { type: 'server_error' } }, 'unavailable'],
    [200, { error: { message: 'x' } }, 'malformed'],
  ])('takes %s with %j for %s', (status, document, failure) => {
    expect(classify(status, document).failure).toBe(failure);
  });

  it.each<[Record<string, string>, number | undefined]>([
    [{ 'retry-after': '7' }, 7],
    [{ 'retry-after': '0.2' }, 1],
    [{ 'retry-after': '86400' }, 3600],
    [{ 'retry-after': 'Fri, 20 Nov 2026 12:00:30 GMT' }, 30],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '9'.repeat(400) }, undefined],
    [{ 'retry-after': '60', 'retry-after-ms': '1500' }, 2],
    [{}, undefined],
  ])('reads %j as %s seconds', (headers, seconds) => {
    expect(classify(429, null, headers).facts.retryAfterSeconds).toBe(seconds);
  });

  it('repeats codes, never sentences, and no keys', () => {
    expect(classify(400, { error: { code: 'a prompt!', type: 'odd' } }).message).toBe(
      'The upstream answered 400 (odd).',
    );
    expect(classify(400, { error: { code: 'sk-0123456789' } }).message).toBe(
      'The upstream answered 400 (…).',
    );
  });
});

describe(classifyTransport.name, () => {
  const failed = (code: string) => Object.assign(new Error('a secret'), { code });

  it.each<[string, ProviderFailure]>([
    ['ECONNRESET', 'interrupted'],
    ['UND_ERR_SOCKET', 'interrupted'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'interrupted'],
    ['HPE_INVALID_EOF_STATE', 'interrupted'],
    ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'timeout'],
    ['UND_ERR_HEADERS_OVERFLOW', 'malformed'],
    ['HPE_INVALID_CHUNK_SIZE', 'malformed'],
  ])('takes %s after sending for %s', (code, failure) => {
    expect(classifyTransport(failed(code), true).failure).toBe(failure);
    expect(classifyTransport(failed(code), false).failure).toBe('unavailable');
  });

  it('names what really happened below the wrapping', () => {
    const wrapped = new Error('outer', { cause: failed('ENOTFOUND') });
    expect(classifyTransport(wrapped, false).message).toBe(
      'The upstream could not be reached (ENOTFOUND).',
    );
    expect(classifyTransport('odd', true).message).not.toContain('odd');
  });
});

describe(classifyAbort.name, () => {
  it('tells a deadline from other reasons to stop', () => {
    const timeout = Object.assign(new Error('late'), { name: 'TimeoutError' });
    expect(classifyAbort(timeout, true).failure).toBe('timeout');
    expect(classifyAbort(timeout, false).facts.sent).toBe(false);
    expect(classifyAbort(new Error('shut down'), true).failure).toBe('interrupted');
    expect(classifyAbort(undefined, false).failure).toBe('unavailable');
  });
});

describe(classifyReading.name, () => {
  it('keeps what is classified, and calls broken answers malformed', () => {
    const known = new ProviderError('timeout', 'x', { sent: true });
    expect(classifyReading(known, 200)).toBe(known);
    expect(classifyReading(new MalformedAnswerError('no data'), 200).failure).toBe('malformed');
    expect(classifyReading(new Error('a bug'), 200).failure).toBe('interrupted');
  });
});
