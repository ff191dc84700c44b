import type { Socket } from 'node:net';
import { buildConnector } from 'undici';

const CONNECT_TIMEOUT_MS = 5000;

/** Injection token of the one `Dialer`. */
export const DIALER = Symbol('DIALER');

/** One connection to be made: always to an address, never to a name. */
export interface DialTarget {
  readonly address: string;
  readonly port: number;
  /** Speak TLS. */
  readonly secure: boolean;
  /** The name that the certificate must have; null: the address itself. */
  readonly tlsName: string | null;
}

/** Opens sockets. Everything that leaves through `egress` passes here, so tests can watch it. */
export interface Dialer {
  /** Resolves with a connected socket; with TLS, after the certificate was checked. */
  dial(target: DialTarget): Promise<Socket>;
}

/** Real connections. */
export class SocketDialer implements Dialer {
  private readonly connector = buildConnector({ timeout: CONNECT_TIMEOUT_MS });

  dial({ address, port, secure, tlsName }: DialTarget): Promise<Socket> {
    const target = {
      hostname: address,
      port: String(port),
      protocol: secure ? 'https:' : 'http:',
      ...(tlsName ? { servername: tlsName } : {}),
    };
    return new Promise((resolve, reject) => {
      this.connector(target, (error, socket) => (error ? reject(error) : resolve(socket)));
    });
  }
}
