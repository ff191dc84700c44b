import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface S3Call {
  readonly method: string;
  readonly key: string;
  readonly headers: IncomingMessage['headers'];
}

interface Performed {
  readonly code: number;
  readonly content?: Buffer;
  readonly more?: object;
}

/** How one call fails: a status, a reset before or after the work is done, or silence. */
export type S3Fault = number | 'reset' | 'reset-after' | 'hang';

/**
 * One bucket in memory, path style. It checks what it can without secrets: that
 * calls are signed, and that bodies have the length and the checksum they state.
 */
export class S3Stub {
  readonly objects = new Map<string, Buffer>();
  readonly calls: S3Call[] = [];
  /** Taken by the next calls, one each; `null` lets one pass. */
  readonly faults: (S3Fault | null)[] = [];
  /** Answers 501 to conditional puts, as older servers do. */
  refusesConditions = false;
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = this.faults.shift() ?? null;
    if (fault === 'hang') return;
    if (fault === 'reset') return void request.socket.destroy();
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://stub');
    const key = decodeURIComponent(pathname).replace(/^\/[^/]+\/?/, '');
    const call = { method: request.method ?? '', key, headers: request.headers };
    const body = await buffer(request);
    this.calls.push(call);
    if (typeof fault === 'number') return answer(call, response, { code: fault });
    const done = searchParams.has('list-type') ? this.list(searchParams) : this.perform(call, body);
    if (fault === 'reset-after') return void request.socket.destroy();
    answer(call, response, done);
  }

  private perform(call: S3Call, body: Buffer): Performed {
    if (!isSigned(call)) return { code: 403 };
    const stored = this.objects.get(call.key);
    if (call.method === 'PUT') return { code: this.put(call, body) };
    if (call.method === 'DELETE') {
      this.objects.delete(call.key);
      return { code: 204 };
    }
    if (!stored) return { code: 404 };
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(call.headers.range ?? '') ?? [];
    if (start === undefined) return { code: 200, content: stored };
    const content = stored.subarray(Number(start), Number(end) + 1);
    const last = Number(start) + content.length - 1;
    return {
      code: 206,
      content,
      more: { 'content-range': `bytes ${start}-${last}/${stored.length}` },
    };
  }

  private put({ key, headers }: S3Call, body: Buffer): number {
    const isConditional = headers['if-none-match'] === '*';
    if (isConditional && this.refusesConditions) return 501;
    if (isConditional && this.objects.has(key)) return 412;
    const sum = headers['x-amz-checksum-sha256'];
    if (sum !== undefined && sum !== createHash('sha256').update(body).digest('base64')) return 400;
    if (Number(headers['content-length']) !== body.length) return 400;
    this.objects.set(key, body);
    return 200;
  }

  private list(query: URLSearchParams): Performed {
    const after = query.get('start-after') ?? '';
    const most = Number(query.get('max-keys') ?? 1000);
    const names = [...this.objects.keys()].filter((key) => key > after).sort();
    const page = names.slice(0, most);
    const contents = page.map((name) => `<Contents><Key>${name}</Key></Contents>`).join('');
    const facts = `<KeyCount>${page.length}</KeyCount><IsTruncated>${names.length > most}</IsTruncated>`;
    const xml = `<ListBucketResult>${facts}${contents}</ListBucketResult>`;
    return { code: 200, content: Buffer.from(xml), more: { 'content-type': 'application/xml' } };
  }
}

function isSigned({ headers }: S3Call): boolean {
  return headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') ?? false;
}

function answer({ method }: S3Call, response: ServerResponse, done: Performed): void {
  const content = method === 'HEAD' ? '' : (done.content ?? '');
  response.writeHead(done.code, { 'content-length': content.length, ...done.more }).end(content);
}
