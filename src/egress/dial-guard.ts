import { isIP, type Socket } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { buildConnector } from 'undici';
import { DIALER, type Dialer, type DialTarget } from './dialer.js';
import { EgressError } from './egress-error.js';
import { isPublicAddress } from './public-address.js';
import { type AddressResolver, RESOLVER } from './resolver.js';

/** A name may have sixty addresses; trying them all would outlast any deadline. */
const MAX_ADDRESSES_TRIED = 3;

export interface GuardOptions {
  /**
   * Private and loopback addresses too. Only for an origin that an operator
   * wrote, on a client that is bound to that origin.
   */
  readonly allowPrivateNetwork: boolean;
}

/**
 * Makes connections of undici clients that reach the public internet only.
 *
 * The address that is dialled is the very one that was checked, so a name that
 * resolves differently a moment later changes nothing, and literals are checked like
 * looked-up addresses. One private address among many spoils the name.
 */
@Injectable()
export class DialGuard {
  constructor(
    @Inject(DIALER) private readonly dialer: Dialer,
    @Inject(RESOLVER) private readonly resolver: AddressResolver,
  ) {}

  /** The `connect` option of an undici `Client` or `Pool`. Fails with an `EgressError`. */
  connector(options: GuardOptions): buildConnector.connector {
    return (target, callback) => {
      this.connect(target, options).then(
        (socket) => callback(null, socket),
        (error: Error) => callback(error, null),
      );
    };
  }

  private async connect(
    { hostname, port, protocol }: buildConnector.Options,
    options: GuardOptions,
  ): Promise<Socket> {
    const host = hostname.replace(/^\[|\]$/g, '');
    const addresses = await this.addressesOf(host, options);
    const secure = protocol === 'https:';
    const tlsName = isIP(host) ? null : host;
    const rest = { port: Number(port) || (secure ? 443 : 80), secure, tlsName };
    return await this.dialFirst(addresses.map((address) => ({ address, ...rest })));
  }

  private async addressesOf(
    host: string,
    { allowPrivateNetwork }: GuardOptions,
  ): Promise<readonly string[]> {
    const addresses = isIP(host) ? [host] : await this.resolve(host, allowPrivateNetwork);
    if (!allowPrivateNetwork && !addresses.every(isPublicAddress)) {
      throw new EgressError('not_public');
    }
    return addresses.slice(0, MAX_ADDRESSES_TRIED);
  }

  private async resolve(host: string, trusted: boolean): Promise<readonly string[]> {
    try {
      const { resolver } = this;
      const found = await (trusted ? resolver.resolveTrusted(host) : resolver.resolvePublic(host));
      if (found.length > 0) return found;
    } catch (cause) {
      throw new EgressError('unresolvable', { cause });
    }
    throw new EgressError('unresolvable');
  }

  private async dialFirst(targets: readonly DialTarget[]): Promise<Socket> {
    let cause: unknown;
    for (const target of targets) {
      try {
        return await this.dialer.dial(target);
      } catch (error) {
        cause = error;
      }
    }
    throw new EgressError('unreachable', { cause });
  }
}
