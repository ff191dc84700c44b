import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What becomes of a connection. Counting begins with the first byte of the answer. */
export type Fate =
  | { readonly kind: 'pass' }
  /** Reset on both sides this long after the request was passed on: mostly before the answer. */
  | { readonly kind: 'reset-after'; readonly ms: number }
  /** Reset on both sides when so many bytes of the answer have come. */
  | { readonly kind: 'reset-within'; readonly bytes: number }
  /** Closed in good order on both sides once the first of the answer has come; none of it is passed on. */
  | { readonly kind: 'swallow' }
  /** The request reaches nobody. */
  | { readonly kind: 'refuse' };

/**
 * A TCP proxy in front of a server that breaks connections as it is told, once
 * each: clients must not keep them alive, or a fate would hit a later request.
 */
export class BreakingProxy {
  private readonly sockets = new Set<Socket>();
  broken = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
    private readonly next: () => Fate,
  ) {}

  /** @param next asked once per connection, in the order they come */
  static async start(target: number, next: () => Fate): Promise<BreakingProxy> {
    const server = createServer();
    const proxy = new BreakingProxy(server, target, next);
    server.on('connection', (client) => proxy.carry(client));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private carry(client: Socket): void {
    const fate = this.next();
    this.keep(client);
    if (fate.kind === 'refuse') return this.reset(client);
    const server = this.keep(connect(this.target, '127.0.0.1'));
    let received = 0;
    client.on('data', (chunk: Buffer) => server.write(chunk));
    client.on('end', () => server.end()).on('close', () => server.destroy());
    server.on('end', () => client.end()).on('close', () => client.destroy());
    server.on('data', (chunk: Buffer) => {
      if (fate.kind === 'swallow') return this.close(client, server);
      const room = fate.kind === 'reset-within' ? fate.bytes - received : Infinity;
      received += chunk.length;
      if (room > 0) client.write(chunk.subarray(0, room));
      if (chunk.length >= room) this.reset(client, server);
    });
    if (fate.kind !== 'reset-after') return;
    client.once('data', () => {
      setTimeout(() => this.reset(client, server), fate.ms).unref();
    });
  }

  private reset(...sockets: Socket[]): void {
    if (sockets.every(({ destroyed }) => destroyed)) return;
    this.broken += 1;
    for (const socket of sockets) socket.resetAndDestroy();
  }

  private close(...sockets: Socket[]): void {
    this.broken += 1;
    for (const socket of sockets) socket.destroy();
  }

  private keep(socket: Socket): Socket {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    return socket;
  }
}
