import { Readable } from 'node:stream';

/** Consumers hash and write piece by piece; whole pictures at once would stall them. */
const CHUNK_BYTES = 65_536;

/** A file as a byte stream in pieces, which ends with `failure` if one is given. */
export function toStream(file: Buffer, failure?: Error): Readable {
  let offset = 0;
  return new Readable({
    highWaterMark: CHUNK_BYTES,
    read() {
      if (offset < file.length) {
        this.push(file.subarray(offset, (offset += CHUNK_BYTES)));
      } else if (failure) {
        this.destroy(failure);
      } else {
        this.push(null);
      }
    },
  });
}
