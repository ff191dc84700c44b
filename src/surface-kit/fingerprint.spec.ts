import { fingerprint } from './fingerprint.js';

const REQUEST = {
  method: 'POST',
  route: '/v1/images/generations',
  profile: 'openai',
  body: { prompt: 'a', n: 1, extra: [{ x: 1, y: '2' }] },
};
const hex = (change: object = {}): string => fingerprint({ ...REQUEST, ...change }).toString('hex');

describe('fingerprint', () => {
  it('does not depend on the order of keys at any depth', () => {
    expect(hex({ body: { extra: [{ y: '2', x: 1 }], n: 1, prompt: 'a' } })).toBe(hex());
  });

  it.each([
    ['a value', { body: { ...REQUEST.body, n: 2 } }],
    ['a type', { body: { ...REQUEST.body, n: '1' } }],
    ['null instead of nothing', { body: { ...REQUEST.body, user: null } }],
    ['the order of a list', { body: { ...REQUEST.body, extra: [1, 2] } }],
    ['the profile', { profile: 'aiimg' }],
    ['the route', { route: '/v1/images/edits' }],
  ])('changes with %s', (_case, change) => {
    expect(hex(change)).not.toBe(hex());
  });

  it('keeps apart what runs together as text', () => {
    const first = hex({ body: { a: '1,"b":2' } });
    expect(first).not.toBe(hex({ body: { a: '1', b: 2 } }));
  });
});
