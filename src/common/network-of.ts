import ipaddr from 'ipaddr.js';

/**
 * Whom to count tries by. Whoever has one IPv6 address has a /64 of them.
 *
 * @param ip peer address as the proxy settings make it out
 */
export function networkOf(ip: string | undefined): string {
  if (ip === undefined || !ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  return address instanceof ipaddr.IPv6 ? address.parts.slice(0, 4).join(':') : address.toString();
}
