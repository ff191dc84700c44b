import { lookup, Resolver as DnsClient } from 'node:dns/promises';

const DNS_TIMEOUT_MS = 1500;
const DNS_TRIES = 2;

/** Injection token of the one `AddressResolver`. */
export const RESOLVER = Symbol('RESOLVER');

/** Finds the addresses of a name; rejects or answers none when there are none. */
export interface AddressResolver {
  /** For names that strangers wrote. */
  resolvePublic(host: string): Promise<readonly string[]>;
  /** For names that an operator wrote: hosts files and search domains count. */
  resolveTrusted(host: string): Promise<readonly string[]>;
}

/**
 * Strangers' names are asked of the name servers directly. The system's own
 * lookup blocks one of the few threads that also write pictures, for half a
 * minute when a name server keeps silent on purpose.
 */
export class SystemResolver implements AddressResolver {
  async resolvePublic(host: string): Promise<readonly string[]> {
    const client = new DnsClient({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES });
    const answers = await Promise.allSettled([client.resolve4(host), client.resolve6(host)]);
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  }

  async resolveTrusted(host: string): Promise<readonly string[]> {
    const answers = await lookup(host, { all: true });
    return answers.map(({ address }) => address);
  }
}
