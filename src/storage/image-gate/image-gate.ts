import type { GateLimits, ImageMediaType } from '../asset.js';
import { ByteFeed, type Walk } from './byte-feed.js';
import type { Header } from './dimensions.js';
import { walkGif } from './gif-walker.js';
import { ImageRejectedError } from './image-rejected.error.js';
import { walkJpeg } from './jpeg-walker.js';
import { walkPng } from './png-walker.js';
import { walkSvg } from './svg-walker.js';
import { walkWebp } from './webp-walker.js';

/** What the bytes themselves say the file is. */
export interface ImageFacts extends Header {
  readonly mediaType: ImageMediaType;
  readonly bytes: number;
}

type Seen = Header & { readonly mediaType: ImageMediaType };

const PNG_MAGIC = Buffer.from('89504e470d0a1a0a', 'hex');
const JPEG_MAGIC = Buffer.from('ffd8ff', 'hex');
const GIF_MAGIC = /^GIF8[79]a/;
const SVG_BEGINNING = /^(?:\u00ef\u00bb\u00bf)?\s*</;

/** The shortest of the formats is longer than this; RIFF needs all twelve to be told. */
export const MAGIC_BYTES = 12;

/**
 * Decides from the bytes alone, while they arrive, whether a file is one whole
 * picture within the limits. Every byte is seen once and none is kept, so the
 * memory it takes does not depend on the picture.
 *
 * It refuses what ends early and what goes on after the container's end marker:
 * the bytes behind it are how a picture carries a web page or an archive.
 */
export class ImageGate {
  private readonly feed = new ByteFeed();
  private readonly walk: Walk<Seen>;
  private seen: Seen | null = null;
  private bytes = 0;

  constructor(private readonly limits: GateLimits) {
    this.walk = walkImage(this.feed, limits);
  }

  /** @throws ImageRejectedError as soon as the file cannot become acceptable any more. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.bytes += chunk.length;
    if (this.bytes > this.limits.maxBytes) {
      throw new ImageRejectedError('too_many_bytes', `more than ${this.limits.maxBytes} bytes`);
    }
    this.feed.feed(chunk);
    this.advance();
    if (this.seen) this.checkTail(this.seen, chunk);
  }

  /** To be called once after the last chunk. @throws ImageRejectedError */
  finish(): ImageFacts {
    if (this.bytes === 0) throw new ImageRejectedError('empty', 'no bytes at all');
    this.feed.end();
    this.advance();
    if (!this.seen) throw new ImageRejectedError('truncated', 'the file ends early');
    return { ...this.seen, bytes: this.bytes };
  }

  private advance(): void {
    if (this.seen) return;
    const step = this.walk.next();
    if (step.done) this.seen = step.value;
  }

  private checkTail({ mediaType }: Seen, chunk: Buffer): void {
    const { unread } = this.feed;
    if (unread === 0) return;
    const tail = chunk.subarray(chunk.length - unread);
    // A text file ends with a line break as often as not.
    if (mediaType === 'image/svg+xml' && tail.every((byte) => byte <= 0x20)) return;
    const position = this.bytes - unread;
    throw new ImageRejectedError('trailing_bytes', `bytes after the end marker at ${position}`);
  }
}

function* walkImage(feed: ByteFeed, limits: GateLimits): Walk<Seen> {
  const magic = yield* feed.take(MAGIC_BYTES);
  const mediaType = mediaTypeOf(magic, limits);
  if (!mediaType) throw new ImageRejectedError('not_an_image', 'no image format begins like this');
  if (!limits.mediaTypes.includes(mediaType)) {
    throw new ImageRejectedError('type_not_allowed', `${mediaType} is not among the allowed types`);
  }
  return { ...(yield* walkContainer(feed, limits, mediaType, magic)), mediaType };
}

/** Any markup could be SVG, so it is called that only where SVG is wanted. */
function mediaTypeOf(magic: Buffer, limits: GateLimits): ImageMediaType | null {
  const raster = rasterTypeOf(magic);
  if (raster) return raster;
  const text = magic.toString('latin1');
  const svgIsWanted = limits.mediaTypes.includes('image/svg+xml');
  return svgIsWanted && SVG_BEGINNING.test(text) ? 'image/svg+xml' : null;
}

/** @param magic the first `MAGIC_BYTES` of a file */
export function rasterTypeOf(magic: Buffer): ImageMediaType | null {
  const text = magic.toString('latin1');
  if (magic.indexOf(PNG_MAGIC) === 0) return 'image/png';
  if (magic.indexOf(JPEG_MAGIC) === 0) return 'image/jpeg';
  if (text.startsWith('RIFF') && text.endsWith('WEBP')) return 'image/webp';
  return GIF_MAGIC.test(text) ? 'image/gif' : null;
}

/** Gives each walker the bytes behind its own magic. */
function* walkContainer(
  feed: ByteFeed,
  limits: GateLimits,
  mediaType: ImageMediaType,
  magic: Buffer,
): Walk<Header> {
  switch (mediaType) {
    case 'image/png':
      feed.putBack(magic.subarray(PNG_MAGIC.length));
      return yield* walkPng(feed, limits);
    case 'image/jpeg':
      feed.putBack(magic.subarray(2));
      return yield* walkJpeg(feed, limits);
    case 'image/webp':
      return yield* walkWebp(feed, limits, magic.readUInt32LE(4));
    case 'image/gif':
      feed.putBack(magic.subarray(6));
      return yield* walkGif(feed, limits);
    case 'image/svg+xml':
      feed.putBack(magic);
      return yield* walkSvg(feed, limits);
  }
}
