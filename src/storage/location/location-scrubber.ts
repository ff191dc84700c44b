import type { Walk } from '../image-gate/byte-feed.js';
import { Rewriter } from './rewriter.js';
import { scrubJpeg } from './scrub-jpeg.js';
import { scrubPng } from './scrub-png.js';
import { scrubWebp } from './scrub-webp.js';

const PNG_REST = Buffer.from('504e470d0a1a0a', 'hex');

/**
 * Takes the place where a picture was made out of its metadata while its bytes
 * pass (design §9): the GPS block of EXIF, and XMP that speaks of GPS. Pixels,
 * orientation, colour profile and provenance marks stay; a file without a
 * place keeps every byte. Memory does not grow with the picture.
 *
 * It judges nothing: where a container is not what it claims to be, the rest
 * passes as it is, and the image gate behind refuses it.
 */
export class LocationScrubber {
  private readonly rewriter = new Rewriter();
  private readonly walk = scrub(this.rewriter);

  /** @returns the same bytes, or what is left of them; use them before the next call */
  push(chunk: Buffer): Buffer[] {
    if (this.rewriter.done || chunk.length === 0) return [chunk];
    return this.rewriter.push(chunk, this.walk);
  }
}

function* scrub(rewriter: Rewriter): Walk<void> {
  const { feed } = rewriter;
  switch (yield* feed.byte()) {
    case 0x89:
      if ((yield* feed.take(PNG_REST.length)).equals(PNG_REST)) yield* scrubPng(rewriter);
      return;
    case 0xff:
      if ((yield* feed.byte()) === 0xd8) yield* scrubJpeg(rewriter);
      return;
    case 0x52: {
      const rest = yield* feed.take(11);
      const isWebp =
        rest.toString('latin1', 0, 3) === 'IFF' && rest.toString('latin1', 7) === 'WEBP';
      if (isWebp) yield* scrubWebp(rewriter, rest.readUInt32LE(3));
    }
  }
}
