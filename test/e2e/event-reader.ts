import { request as send } from 'node:http';

/** One server-sent event as it stood on the wire, its data parsed. */
export interface WireEvent {
  readonly event: string;
  readonly data: Record<string, unknown>;
  /** Ms since the answer began. */
  readonly at: number;
}

/** Everything of a streamed answer: the events, and what is between them. */
export interface WireStream {
  readonly status: number;
  readonly headers: Headers;
  readonly events: readonly WireEvent[];
  readonly comments: number;
}

/**
 * Reads a whole streamed answer, strictly: frames of exactly one `event:` and
 * one `data:` line of JSON, and comments.
 */
export async function readStream(response: Response): Promise<WireStream> {
  const begun = Date.now();
  const events: WireEvent[] = [];
  let comments = 0;
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const frame = text.slice(0, end);
      text = text.slice(end + 2);
      if (frame.startsWith(':')) comments += 1;
      else events.push({ ...readFrame(frame), at: Date.now() - begun });
    }
  }
  if (text !== '') throw new Error(`the stream ends inside an event: ${text.slice(0, 60)}`);
  return { status: response.status, headers: response.headers, events, comments };
}

function readFrame(frame: string): Omit<WireEvent, 'at'> {
  const [, event, data] = /^event: (\S+)\ndata: (.*)$/.exec(frame) ?? [];
  if (event === undefined || data === undefined) {
    throw new Error(`no event: ${frame.slice(0, 60)}`);
  }
  return { event, data: JSON.parse(data) as Record<string, unknown> };
}

/** A client that asks and then reads nothing until it is told to. */
export function askWithoutReading(url: string, secret: string, body: object) {
  const exchange = send(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
  });
  exchange.on('error', () => undefined);
  exchange.end(JSON.stringify(body));
  const answered = new Promise<Response>((resolve, reject) => {
    exchange.once('error', reject);
    exchange.once('response', (incoming) => {
      incoming.on('error', () => undefined);
      incoming.pause();
      const { statusCode: status } = incoming;
      const response = { status, headers: new Headers(), body: incoming };
      resolve(response as unknown as Response);
    });
  });
  return { answered, leave: () => void exchange.destroy() };
}
