/** Characters of base64, with padding, that `bytes` bytes become. */
export function base64Length(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}

/**
 * Most bytes encoded in one go, a multiple of three. Encoding passes through a
 * string: one of 64 KiB lies in memory that has just been used, larger ones are
 * mapped anew each time, which costs ten times the encoding.
 */
const GO_BYTES = 48 * 1024;

/**
 * A file's bytes as base64, in pieces of 64 KiB at most. Up to two bytes are carried into the
 * next chunk so that padding appears at the end only; no more than one chunk is
 * ever held.
 */
export async function* encodeBase64(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let carry: Buffer = Buffer.alloc(0);
  for await (const chunk of file) {
    const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    const whole = bytes.length - (bytes.length % 3);
    carry = Buffer.from(bytes.subarray(whole));
    for (let at = 0; at < whole; at += GO_BYTES) {
      yield toBase64(bytes.subarray(at, Math.min(at + GO_BYTES, whole)));
    }
  }
  if (carry.length > 0) yield toBase64(carry);
}

function toBase64(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('base64'), 'latin1');
}
