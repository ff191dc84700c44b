import { describe, expect, it } from '@jest/globals';
import { HOME, ownPath } from './own-path.js';

describe(ownPath.name, () => {
  it.each(['/', '/images/x?y=1', '/activity/ai-tasks/api-logs?status=failed', '/a%2f%2fb'])(
    'goes to %s',
    (path) => expect(ownPath(path)).toBe(path),
  );

  it.each([
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/a/..//evil.example',
    '/%2e//evil.example',
    'https://evil.example',
    'https:/evil.example',
    'javascript:alert(1)',
    ' //evil.example',
    'evil.example',
    '',
    `/${'x'.repeat(2000)}`,
    ['/', '/a'],
    undefined,
  ])('never leaves for %s', (wish) => {
    const { host } = new URL(ownPath(wish), 'http://own.example');
    expect([ownPath(wish), host]).toEqual([HOME, 'own.example']);
  });

  it('carries nothing that could split a header', () => {
    expect(ownPath('/a\r\nset-cookie: x=1')).not.toMatch(/[\r\n]/);
  });
});
