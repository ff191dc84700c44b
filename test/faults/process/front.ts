import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const PROBE_MS = 100;

interface Backend {
  readonly origin: URL;
  readonly agent: Agent;
  isReady: boolean;
}

/**
 * A load balancer as plain as they come: requests in turn to whoever says that
 * it is ready, connections kept, nothing repeated.
 */
export class Front {
  private readonly server: Server;
  private readonly backends: readonly Backend[];
  private turn = 0;
  private probing = true;

  private constructor(origins: readonly string[]) {
    this.backends = origins.map((origin) => {
      return { origin: new URL(origin), agent: new Agent({ keepAlive: true }), isReady: false };
    });
    this.server = createServer((asked, answer) => this.forward(asked, answer));
    for (const backend of this.backends) void this.probe(backend);
  }

  static async of(origins: readonly string[]): Promise<Front> {
    const front = new Front(origins);
    front.server.listen(0, '127.0.0.1');
    await once(front.server, 'listening');
    return front;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Waits until it sends requests there, or does not. */
  async sends(origin: string, wanted: boolean): Promise<void> {
    const backend = this.backends.find((each) => each.origin.origin === origin)!;
    while (backend.isReady !== wanted) await sleep(10);
  }

  close(): void {
    this.probing = false;
    this.server.closeAllConnections();
    this.server.close();
    for (const { agent } of this.backends) agent.destroy();
  }

  private forward(asked: IncomingMessage, answer: ServerResponse): void {
    const ready = this.backends.filter(({ isReady }) => isReady);
    const backend = ready[(this.turn += 1) % ready.length];
    if (!backend) return void answer.writeHead(502, { 'x-front': 'nobody is ready' }).end();
    const { method, url: path, headers } = asked;
    const { hostname, port } = backend.origin;
    const onward = request(
      { hostname, port, agent: backend.agent, method, path, headers },
      (given) => {
        const { connection: _, ...passed } = given.headers;
        answer.writeHead(given.statusCode!, passed);
        given.pipe(answer);
        given.on('error', () => answer.destroy());
      },
    );
    onward.on('error', (error) => {
      if (answer.headersSent) answer.destroy();
      else answer.writeHead(502, { 'x-front': error.message }).end();
    });
    asked.pipe(onward);
  }

  private async probe(backend: Backend): Promise<void> {
    while (this.probing) {
      const answer = await fetch(new URL('/health/ready', backend.origin)).catch(() => null);
      await answer?.arrayBuffer();
      backend.isReady = answer?.status === 200;
      await sleep(PROBE_MS);
    }
  }
}
