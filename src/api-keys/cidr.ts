import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** Network address and prefix length in bits. */
export type Network = readonly [Address, number];

/** Bits of the prefix `::ffff:0:0/96`, under which IPv6 carries IPv4. */
const MAPPED_BITS = 96;

/**
 * Reads `10.0.0.0/8`, `2001:db8::/32` or a single address.
 *
 * @returns `null` for anything else, hexadecimal and octal spellings of IPv4
 * included: what an operator means by them differs from tool to tool.
 */
export function parseNetwork(text: string): Network | null {
  const [host, bits, ...rest] = text.split('/');
  const address = parseLiteral(host);
  if (!address || rest.length > 0) return null;
  const width = address.kind() === 'ipv4' ? 32 : 128;
  if (bits === undefined) return unmap([address, width]);
  if (!/^(0|[1-9]\d{0,2})$/.test(bits) || Number(bits) > width) return null;
  return unmap([address, Number(bits)]);
}

/** Canonical text of a network, as it is stored and shown. */
export function formatNetwork([address, bits]: Network): string {
  return `${address.toString()}/${bits}`;
}

/** True when `ip` lies in one of the networks. An address that cannot be read lies in none. */
export function isInside(ip: string | undefined, networks: readonly Network[]): boolean {
  const address = ip === undefined ? null : normalise(ip);
  if (!address) return false;
  return networks.some(([network, bits]) => {
    return network.kind() === address.kind() && address.match(network, bits);
  });
}

/** A socket on `::` reports IPv4 clients as `::ffff:a.b.c.d`; a link-local zone is no part of it. */
function normalise(ip: string): Address | null {
  const address = parseLiteral(ip.split('%', 1)[0]);
  if (!address) return null;
  return unmap([address, address.kind() === 'ipv4' ? 32 : 128])[0];
}

function parseLiteral(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return null;
  return ipaddr.IPv6.parse(text);
}

function unmap(network: Network): Network {
  const [address, bits] = network;
  if (!(address instanceof ipaddr.IPv6)) return network;
  if (!address.isIPv4MappedAddress() || bits < MAPPED_BITS) return network;
  return [address.toIPv4Address(), bits - MAPPED_BITS];
}
