import { expect } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import type { Env } from '../../src/config/index.js';
import {
  type AddressResolver,
  DialGuard,
  type Dialer,
  type DialTarget,
  EgressError,
  type FetchOptions,
  GuardedFetcher,
} from '../../src/egress/index.js';

export const OPTIONS: FetchOptions = { maxBytes: 1000, deadlineMs: 60_000, accept: 'image/*' };

/** A public address that these tests pretend is theirs: the recorder never goes there. */
export const PUBLIC = '93.184.216.34';

/**
 * Writes down every dial. It opens a socket only where a test said that a
 * (pretended) address stands for one of its own loopback servers.
 */
export class DialRecorder implements Dialer {
  readonly dialled: DialTarget[] = [];

  constructor(private readonly stands: ReadonlyMap<string, number> = new Map()) {}

  dial(target: DialTarget): Promise<Socket> {
    this.dialled.push(target);
    const port = this.stands.get(target.address);
    if (port === undefined) return Promise.reject(new Error('refused by the recorder'));
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket)).on('error', reject);
    });
  }
}

/** Names of these tests; no name server is asked. */
export class FakeResolver implements AddressResolver {
  readonly asked: string[] = [];

  constructor(private readonly names: Record<string, string[][]> = {}) {}

  resolvePublic(host: string): Promise<readonly string[]> {
    this.asked.push(host);
    const answers = this.names[host.toLowerCase().replace(/\.$/, '')] ?? [[]];
    return Promise.resolve(answers.length > 1 ? answers.shift()! : answers[0]);
  }

  resolveTrusted(host: string): Promise<readonly string[]> {
    return this.resolvePublic(host);
  }
}

export interface Rig {
  readonly names?: Record<string, string[][]>;
  readonly stands?: Record<string, number>;
  readonly allowHttp?: boolean;
}

export function setUp({ names, stands = {}, allowHttp = true }: Rig = {}) {
  const recorder = new DialRecorder(new Map(Object.entries(stands)));
  const resolver = new FakeResolver(names);
  const env = { ALLOW_HTTP_FETCH: allowHttp } as Env;
  const fetcher = new GuardedFetcher(new DialGuard(recorder, resolver), env);
  return { fetcher, recorder, resolver };
}

/** Why a fetch failed, body included. */
export async function failure(
  fetcher: GuardedFetcher,
  url: string,
  options: Partial<FetchOptions> = {},
) {
  try {
    const { stream } = await fetcher.fetch(url, { ...OPTIONS, ...options });
    await readText(stream);
  } catch (error) {
    if (!(error instanceof EgressError)) throw error;
    expect(error.message).toBe('could not fetch image');
    return error.reason;
  }
  return 'fetched';
}

const servers: Server[] = [];

export async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Closes what `serve` opened, with every connection. */
export async function closeServers(): Promise<void> {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** `http://files.example/` served by the given listener. */
export async function withSite(listener: RequestListener) {
  const port = await serve(listener);
  return setUp({ names: { 'files.example': [[PUBLIC]] }, stands: { [PUBLIC]: port } });
}
