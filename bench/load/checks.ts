import { type Kind, picturesOf } from '../kinds.js';
import { sha256 } from '../pictures.js';

/** What came back for one request. */
export interface Incoming {
  readonly status: number;
  readonly body: Buffer;
  readonly sent: string | Buffer;
}

const expected = new Map<Kind, string>();

/** Hashes of the pictures that must come, in their order. */
function expectedOf(kind: Kind): string {
  let hashes = expected.get(kind);
  if (hashes === undefined) {
    hashes = picturesOf(kind).map(sha256).join(' ');
    expected.set(kind, hashes);
  }
  return hashes;
}

/** Null when the answer is what the stub sent, byte for byte; else what is wrong with it. */
export function problemOf(kind: Kind, { status, body, sent }: Incoming): string | null {
  if (status !== 200) return `${status}: ${body.toString('utf8', 0, 300)}`;
  if (kind === 'echo') return body.toString() === sent.toString() ? null : 'not what was sent';
  if (kind === 'url') return null;
  const texts = kind === 'sse' ? picturesOfEvents(body) : picturesOfJson(body);
  const hashes = texts.map((text) => sha256(Buffer.from(text ?? '', 'base64'))).join(' ');
  return hashes === expectedOf(kind) ? null : `other pictures than the upstream's: ${hashes}`;
}

/** The link of an answer as a link; to be fetched when nothing is measured. */
export function linkOf(body: Buffer): string {
  const { data } = JSON.parse(body.toString('utf8')) as { data: { url: string }[] };
  return data[0].url;
}

/** Null when every link leads to the picture; else what is wrong with one. */
export async function problemOfLinks(links: readonly string[]): Promise<string | null> {
  for (const url of links) {
    const answer = await fetch(url);
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (sha256(bytes) !== expectedOf('url')) return `${url} is another picture`;
  }
  return null;
}

function picturesOfJson(body: Buffer): (string | undefined)[] {
  const { data } = JSON.parse(body.toString('latin1')) as { data?: { b64_json?: string }[] };
  return (data ?? []).map(({ b64_json }) => b64_json);
}

function picturesOfEvents(body: Buffer): (string | undefined)[] {
  return body
    .toString('latin1')
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => (JSON.parse(line.slice(6)) as { b64_json?: string }).b64_json);
}
