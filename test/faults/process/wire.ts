import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A stretch of network that can be cut: forwards bytes to a port, until told otherwise. */
export class Wire {
  port = 0;
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private readonly server: Server;

  private constructor(target: number) {
    this.server = createServer((near) => this.join(near, connect(target, '127.0.0.1')));
  }

  static async to(target: number): Promise<Wire> {
    const wire = new Wire(target);
    wire.server.listen(0, '127.0.0.1');
    await once(wire.server, 'listening');
    wire.port = (wire.server.address() as AddressInfo).port;
    return wire;
  }

  /** Both ends of every connection hear a reset, whatever was on its way. */
  reset(): number {
    for (const pair of this.pairs) pair.forEach((socket) => socket.resetAndDestroy());
    return this.pairs.size;
  }

  close(): void {
    this.server.close();
    this.reset();
  }

  private join(near: Socket, far: Socket): void {
    const pair = [near, far] as const;
    this.pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        pair.forEach((each) => each.destroy());
      });
    }
    near.pipe(far).pipe(near);
  }
}
