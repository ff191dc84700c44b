import type { Walk } from '../image-gate/byte-feed.js';
import { removeGps } from './exif.js';
import type { Rewriter } from './rewriter.js';
import { blankGpsXmp } from './xmp.js';

/** As many as the image gate lets pass. */
const MAX_CHUNKS = 4096;
/** Metadata is a few kB; of a larger block only the length is kept. */
const MAX_BLOCK_BYTES = 1024 * 1024;

/**
 * Passes chunks to the end that the RIFF header states; it counts their lengths,
 * so they never change.
 *
 * @param riffBytes from the RIFF header; the walk stands after `WEBP`
 */
export function* scrubWebp(rewriter: Rewriter, riffBytes: number): Walk<void> {
  let left = riffBytes - 4;
  for (let chunks = 0; chunks < MAX_CHUNKS && left >= 8; chunks++) {
    const head = yield* rewriter.feed.take(8);
    const type = head.toString('latin1', 0, 4);
    const length = head.readUInt32LE(4);
    if (type === 'EXIF') yield* scrubBlock(rewriter, length, removeGps);
    else if (type === 'XMP ') yield* scrubBlock(rewriter, length, (block) => blankGpsXmp(block, 0));
    else yield* rewriter.feed.pass(length);
    yield* rewriter.feed.pass(length % 2);
    left -= 8 + length + (length % 2);
  }
}

function* scrubBlock(
  rewriter: Rewriter,
  length: number,
  change: (block: Buffer) => boolean,
): Walk<void> {
  rewriter.hold();
  if (length <= MAX_BLOCK_BYTES) {
    const block = yield* rewriter.collect(length);
    change(block);
    return rewriter.replace(block);
  }
  yield* rewriter.feed.pass(length, (slice) => {
    rewriter.replace(Buffer.alloc(slice.length));
    rewriter.hold();
  });
  rewriter.replace();
}
