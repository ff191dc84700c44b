import { request as ask, type IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

/** One part of a form, as its sender writes it. */
export interface Part {
  /** Of the field; null leaves the parameter away. */
  readonly name: string | null;
  readonly content: string | Buffer;
  /** Makes it a file. */
  readonly fileName?: string;
  readonly type?: string;
  /** Instead of all headers that follow from the above. */
  readonly head?: string;
}

export const BOUNDARY = 'easel-test-boundary';
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

export function field(name: string, content: string): Part {
  return { name, content };
}

export function file(name: string, content: Buffer, fileName = 'picture.png'): Part {
  return { name, content, fileName, type: 'image/png' };
}

/** The bytes of a form; `end` may leave its last line away or replace it. */
export function formOf(parts: readonly Part[], end = `--${BOUNDARY}--\r\n`): Buffer {
  const pieces = parts.flatMap((part) => [
    Buffer.from(`--${BOUNDARY}\r\n${headOf(part)}\r\n\r\n`),
    Buffer.from(part.content as string),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(end)]);
}

function headOf({ name, fileName, type, head }: Part): string {
  if (head !== undefined) return head;
  const named = name === null ? '' : `; name="${name}"`;
  const isFile = fileName === undefined ? '' : `; filename="${fileName}"`;
  const typed = type === undefined ? '' : `\r\nContent-Type: ${type}`;
  return `Content-Disposition: form-data${named}${isFile}${typed}`;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RawRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Written in pieces of this many bytes, and without a length. */
  readonly chunkBytes?: number;
}

/** POSTs bytes as they are: `fetch` mends what hostile callers send. */
export function postRaw(
  url: string,
  { headers, body, chunkBytes }: RawRequest,
): Promise<RawAnswer> {
  const length = chunkBytes === undefined ? { 'content-length': body.length } : {};
  const sending = ask(url, { method: 'POST', agent: false, headers: { ...length, ...headers } });
  return new Promise((resolve, reject) => {
    sending.on('error', reject).on('response', (response) => {
      buffer(response).then(
        (bytes) =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: bytes.toString(),
          }),
        reject,
      );
    });
    if (chunkBytes === undefined) sending.end(body);
    else Readable.from(slices(body, chunkBytes), { objectMode: false }).pipe(sending);
  });
}

function* slices(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
