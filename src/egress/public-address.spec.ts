import { describe, expect, it } from '@jest/globals';
import { isPublicAddress } from './public-address.js';

describe(isPublicAddress.name, () => {
  it.each(['93.184.216.34', '1.1.1.1', '8.8.8.8', '223.255.255.255', '2606:4700::1111', '2a00::1'])(
    'lets %s be dialled',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    ['the first and last of each private range', '10.0.0.0', '10.255.255.255', '172.16.0.0'],
    ['the rest of them', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
    ['loopback and this host', '127.0.0.1', '127.255.255.255', '0.0.0.0'],
    ['link-local and shared', '169.254.169.254', '100.64.0.0', '100.127.255.255'],
    ['special IPv4', '192.0.0.192', '192.88.99.1', '198.19.255.255'],
    ['multicast and reserved', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ['IPv6 that is no unicast', '::', '::1', 'ff02::1'],
    ['IPv4 inside IPv6', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::808:808'],
    ['tunnels', '2002:808:808::', '2001::1', '2001:1ff::1'],
    ['documentation', '2001:db8::1', '3fff::1', '3fff:fff::1'],
    ['local IPv6', 'fc00::1', 'fd00:ec2::254', 'fe80::1'],
    ['what was never handed out', '4000::1', '5f00::1', '100::1'],
    ['no address at all', 'localhost', '', '93.184.216.34 '],
    ['other spellings', 'fe80::1%lo', '0x7f.1', '1.2.3'],
  ])('refuses %s', (_name, ...addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });
});
