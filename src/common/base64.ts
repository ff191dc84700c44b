/** Characters of base64, with padding, that `bytes` bytes become. */
export function base64Length(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}

/**
 * A file's bytes as base64, chunk by chunk. Up to two bytes are carried into the
 * next chunk so that padding appears at the end only; no more than one chunk is
 * ever held.
 */
export async function* encodeBase64(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let carry: Buffer = Buffer.alloc(0);
  for await (const chunk of file) {
    const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
    const whole = bytes.length - (bytes.length % 3);
    carry = Buffer.from(bytes.subarray(whole));
    if (whole > 0) yield toBase64(bytes.subarray(0, whole));
  }
  if (carry.length > 0) yield toBase64(carry);
}

function toBase64(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('base64'), 'latin1');
}
