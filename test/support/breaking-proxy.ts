import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What becomes of one request and its answer. */
export type Fate =
  | { readonly kind: 'pass' }
  /** Reset on both sides this long after the request was passed on, unless the answer has begun. */
  | { readonly kind: 'reset-after'; readonly ms: number }
  /** Reset on both sides when so many bytes of the answer have come. */
  | { readonly kind: 'reset-within'; readonly bytes: number }
  /** Closed in good order on both sides when the answer begins; none of it is passed on. */
  | { readonly kind: 'swallow' }
  /** The request reaches nobody. */
  | { readonly kind: 'refuse' };

/**
 * A TCP proxy in front of a server that breaks connections as it is told. It
 * knows no HTTP: what a client says after an answer has begun is its next
 * request (nobody here pipelines).
 */
export class BreakingProxy {
  private readonly sockets = new Set<Socket>();
  broken = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
    private readonly next: () => Fate,
  ) {}

  /** @param next asked once per request, in the order they come */
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
    const server = this.keep(connect(this.target, '127.0.0.1'));
    this.keep(client);
    let fate: Fate | null = null;
    let answered = 0;
    client.on('data', (chunk: Buffer) => {
      if (fate === null || answered > 0) {
        fate = this.next();
        answered = 0;
        this.begin(fate, client, server);
      }
      if (fate.kind !== 'refuse' && !server.destroyed) server.write(chunk);
    });
    server.on('data', (chunk: Buffer) => {
      const before = answered;
      answered += chunk.length;
      this.answer(fate, chunk, before, client, server);
    });
    // A request that reached nobody leaves the way behind the proxy as it is.
    const follow = (act: () => unknown) => () => void (fate?.kind !== 'refuse' && act());
    client
      .on(
        'end',
        follow(() => server.end()),
      )
      .on(
        'close',
        follow(() => server.destroy()),
      );
    server.on('end', () => client.end()).on('close', () => client.destroy());
  }

  private begin(fate: Fate, client: Socket, server: Socket): void {
    if (fate.kind === 'refuse') this.reset(client);
    if (fate.kind !== 'reset-after') return;
    // An answer that was passed on is not broken any more.
    const timer = setTimeout(() => this.reset(client, server), fate.ms).unref();
    server.once('data', () => clearTimeout(timer));
  }

  private answer(
    fate: Fate | null,
    chunk: Buffer,
    before: number,
    client: Socket,
    server: Socket,
  ): void {
    if (fate?.kind === 'swallow') {
      this.broken += 1;
      for (const socket of [client, server]) socket.destroy();
      return;
    }
    const room = fate?.kind === 'reset-within' ? fate.bytes - before : Infinity;
    client.write(chunk.subarray(0, room));
    if (chunk.length >= room) this.reset(client, server);
  }

  private reset(...sockets: Socket[]): void {
    if (sockets.every(({ destroyed }) => destroyed)) return;
    this.broken += 1;
    for (const socket of sockets) socket.resetAndDestroy();
  }

  private keep(socket: Socket): Socket {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    return socket;
  }
}
