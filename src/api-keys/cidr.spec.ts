import { describe, expect, it } from '@jest/globals';
import { formatNetwork, isInside, type Network, parseNetwork } from './cidr.js';

function networks(...texts: string[]): Network[] {
  return texts.map((text) => parseNetwork(text) as Network);
}

describe('CIDR lists', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ])('%s is the network %s', (text, canonical) => {
    const network = parseNetwork(text);

    expect(network && formatNetwork(network)).toBe(canonical);
  });

  it.each([
    '',
    '/',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '0x0a.0.0.0/8',
    '010.0.0.0/8',
    '10.1/8',
    '167772160',
    '::/129',
    'fe80::1%eth0/64',
    'localhost',
    ' 10.0.0.0/8',
    '10.0.0.0/8\n',
  ])('%j is refused', (text) => {
    expect(parseNetwork(text)).toBeNull();
  });

  it.each([
    ['10.255.255.255', ['10.0.0.0/8'], true],
    ['11.0.0.0', ['10.0.0.0/8'], false],
    ['192.0.2.7', ['192.0.2.7'], true],
    ['192.0.2.8', ['192.0.2.7'], false],
    ['::ffff:10.1.2.3', ['10.0.0.0/8'], true],
    ['::ffff:a01:203', ['10.0.0.0/8'], true],
    ['10.1.2.3', ['::ffff:10.0.0.0/104'], true],
    ['10.1.2.3', ['::/0'], false],
    ['2001:db8:1::1', ['10.0.0.0/8', '2001:db8::/32'], true],
    ['2001:db9::1', ['2001:db8::/32'], false],
    ['fe80::1%eth0', ['fe80::/10'], true],
    ['10.0.0.1', [], false],
    ['garbage', ['0.0.0.0/0', '::/0'], false],
    ['', ['0.0.0.0/0', '::/0'], false],
  ] as const)('%s in %j: %s', (ip, list, inside) => {
    expect(isInside(ip, networks(...list))).toBe(inside);
  });

  it('a request without a peer address lies in no network', () => {
    expect(isInside(undefined, networks('0.0.0.0/0'))).toBe(false);
  });
});
