import type { ByteFeed, Walk } from './byte-feed.js';
import { malformed } from './dimensions.js';
import { ImageRejectedError } from './image-rejected.error.js';

const MAX_NAME_BYTES = 64;
const MAX_ATTRIBUTES = 256;

/** Enough for a number with its unit, a viewBox, or the beginning of a reference. */
const MAX_VALUE_BYTES = 128;

const [GT, SLASH, EQUALS, QUOTE, APOSTROPHE] = Buffer.from(`>/="'`);
const SPACE = new Set(Buffer.from(' \t\r\n'));
const NAME_ENDS = new Set([...SPACE, GT, SLASH, EQUALS]);
const NAME = /^[A-Za-z_][\w.:-]*$/;

/** What runs code or brings another document along. */
const ACTIVE_ELEMENTS = new Set([
  'script',
  'foreignobject',
  'iframe',
  'embed',
  'object',
  'handler',
]);

/** References into the file itself and pictures inside it; nothing is fetched from elsewhere. */
const OWN_REFERENCE = /^\s*(#|data:image\/)/i;

export interface Tag {
  /** Without its namespace prefix. */
  readonly name: string;
  readonly selfClosing: boolean;
  /** The attributes that state a picture's size, cut to 128 bytes each. */
  readonly size: ReadonlyMap<string, string>;
}

const SIZE_ATTRIBUTES = new Set(['width', 'height', 'viewBox']);

export function activeContent(what: string): ImageRejectedError {
  return new ImageRejectedError('active_content', `an SVG with ${what} is refused`);
}

/** Reads an opening tag from its name to its `>`, and refuses what is not a still picture. */
export function* readTag(feed: ByteFeed): Walk<Tag> {
  const name = localName(yield* readName(feed));
  if (ACTIVE_ELEMENTS.has(name.toLowerCase())) throw activeContent(`a ${name} element`);
  const size = new Map<string, string>();
  for (let attributes = 0; attributes < MAX_ATTRIBUTES; attributes++) {
    yield* passSpace(feed);
    const next = yield* feed.peek();
    if (next === GT || next === SLASH) {
      return { name, size, selfClosing: yield* passTagEnd(feed) };
    }
    yield* readAttribute(feed, size);
  }
  throw new ImageRejectedError('too_many_parts', `an SVG tag of over ${MAX_ATTRIBUTES} attributes`);
}

export function* passSpace(feed: ByteFeed): Walk<void> {
  while (SPACE.has(yield* feed.peek())) yield* feed.byte();
}

function* passTagEnd(feed: ByteFeed): Walk<boolean> {
  if ((yield* feed.byte()) === GT) return false;
  if ((yield* feed.byte()) !== GT) throw malformed('SVG tag end');
  return true;
}

function* readAttribute(feed: ByteFeed, size: Map<string, string>): Walk<void> {
  const name = localName(yield* readName(feed));
  yield* passSpace(feed);
  if ((yield* feed.byte()) !== EQUALS) throw malformed('SVG attribute without a value');
  yield* passSpace(feed);
  const quote = yield* feed.byte();
  if (quote !== QUOTE && quote !== APOSTROPHE) throw malformed('SVG attribute without quotes');
  if (/^on/i.test(name)) throw activeContent('an event attribute');

  const value = yield* readValue(feed, quote);
  if (SIZE_ATTRIBUTES.has(name)) size.set(name, value);
  if (/^(href|src)$/i.test(name) && !OWN_REFERENCE.test(value)) {
    throw activeContent('a reference to another document');
  }
}

/** The value's beginning; the rest of it is passed. */
function* readValue(feed: ByteFeed, quote: number): Walk<string> {
  const bytes: number[] = [];
  while (bytes.length < MAX_VALUE_BYTES) {
    const next = yield* feed.byte();
    if (next === quote) return Buffer.from(bytes).toString('latin1');
    bytes.push(next);
  }
  yield* feed.passUntil(quote);
  return Buffer.from(bytes).toString('latin1');
}

function* readName(feed: ByteFeed): Walk<string> {
  const bytes: number[] = [];
  while (!NAME_ENDS.has(yield* feed.peek())) {
    if (bytes.length === MAX_NAME_BYTES) throw malformed('SVG name too long');
    bytes.push(yield* feed.byte());
  }
  const name = Buffer.from(bytes).toString('latin1');
  if (!NAME.test(name)) throw malformed('SVG name');
  return name;
}

function localName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}
