import type { GateLimits } from '../asset.js';
import type { ByteFeed, Walk } from './byte-feed.js';
import { checkDimensions, type Dimensions, type Header, malformed } from './dimensions.js';
import { ImageRejectedError } from './image-rejected.error.js';
import { activeContent, passSpace, readTag, type Tag } from './svg-tag.js';

const MAX_DEPTH = 128;
const MAX_PARTS = 262_144;
const MAX_DECLARATION_BYTES = 128;

const [LT, GT, SLASH, BANG, QUESTION, DASH, BRACKET] = Buffer.from('<>/!?-]');

interface SvgState {
  depth: number;
  root: Tag | null;
}

/**
 * Walks an SVG document to the end of its root element.
 *
 * No document type, entity, script, event attribute or foreign reference
 * passes. File answers defuse them as well (attachment, sandbox), but a file that
 * somebody has downloaded is opened without those headers.
 */
export function* walkSvg(feed: ByteFeed, limits: GateLimits): Walk<Header> {
  const state: SvgState = { depth: 0, root: null };
  yield* passByteOrderMark(feed);
  yield* passXmlDeclaration(feed);
  for (let parts = 0; parts < MAX_PARTS; parts++) {
    yield* walkMarkup(feed, state);
    if (state.root && state.depth === 0) return finish(state.root, limits);
    yield* passText(feed, state);
  }
  throw new ImageRejectedError('too_many_parts', `an SVG of more than ${MAX_PARTS} parts`);
}

function* passByteOrderMark(feed: ByteFeed): Walk<void> {
  if ((yield* feed.peek()) !== 0xef) return;
  if ((yield* feed.take(3)).readUIntBE(0, 3) !== 0xefbbbf) throw malformed('SVG encoding');
}

/** Ends behind the `<` of whatever follows the declaration, or of the first markup without one. */
function* passXmlDeclaration(feed: ByteFeed): Walk<void> {
  yield* passSpaceAndLt(feed);
  if ((yield* feed.peek()) !== QUESTION) return;
  let text = '';
  while (!text.endsWith('?>')) {
    if (text.length > MAX_DECLARATION_BYTES) throw malformed('SVG declaration too long');
    text += String.fromCharCode(yield* feed.byte());
  }
  if (!/^\?xml\s/.test(text)) throw activeContent('a processing instruction');
  if (/encoding/.test(text) && !/encoding\s*=\s*["']utf-8["']/i.test(text)) {
    throw malformed('SVG encoding');
  }
  yield* passSpaceAndLt(feed);
}

function* passSpaceAndLt(feed: ByteFeed): Walk<void> {
  yield* passSpace(feed);
  if ((yield* feed.byte()) !== LT) throw malformed('SVG markup expected');
}

function* passText(feed: ByteFeed, state: SvgState): Walk<void> {
  if (state.depth === 0) yield* passSpaceAndLt(feed);
  else yield* feed.passUntil(LT);
}

function* walkMarkup(feed: ByteFeed, state: SvgState): Walk<void> {
  switch (yield* feed.peek()) {
    case BANG:
      return yield* passDeclaration(feed, state);
    case QUESTION:
      throw activeContent('a processing instruction');
    case SLASH:
      if (state.depth-- === 0) throw malformed('SVG closing tag');
      return yield* feed.passUntil(GT);
    default:
      return enter(yield* readTag(feed), state);
  }
}

function* passDeclaration(feed: ByteFeed, state: SvgState): Walk<void> {
  const opening = (yield* feed.take(3)).toString('latin1');
  if (opening === '!--') return yield* passPairAndGt(feed, DASH);
  const isCdata = opening === '![C' && (yield* feed.take(5)).toString('latin1') === 'DATA[';
  if (!isCdata || state.depth === 0) throw activeContent('a document type or entity');
  yield* passPairAndGt(feed, BRACKET);
}

/** Passes everything up to `-->` or `]]>`. */
function* passPairAndGt(feed: ByteFeed, byte: number): Walk<void> {
  let run = 0;
  for (;;) {
    const next = yield* feed.byte();
    if (next === byte) run++;
    else if (next === GT && run >= 2) return;
    else {
      yield* feed.passUntil(byte);
      run = 1;
    }
  }
}

function enter(tag: Tag, state: SvgState): void {
  if (!state.root) {
    if (tag.name !== 'svg' || tag.selfClosing) throw malformed('SVG root element');
    state.root = tag;
  }
  if (tag.selfClosing) return;
  if (++state.depth > MAX_DEPTH) {
    throw new ImageRejectedError('too_many_parts', `an SVG nested deeper than ${MAX_DEPTH}`);
  }
}

function finish({ size }: Tag, limits: GateLimits): Header {
  const dimensions = statedSize(size) ?? viewBoxSize(size.get('viewBox'));
  if (!dimensions) throw malformed('SVG without a size');
  checkDimensions(dimensions, limits);
  return { ...dimensions, frames: 1 };
}

function statedSize(size: Tag['size']): Dimensions | null {
  const [width, height] = [size.get('width'), size.get('height')].map(pixels);
  return width && height ? { width, height } : null;
}

/** Whole pixels of a length without a unit or in `px`; 0 for everything else. */
function pixels(length = ''): number {
  const match = /^([0-9.]{1,12})(px)?$/.exec(length.trim());
  const value = Math.ceil(Number(match?.[1]));
  return Number.isFinite(value) ? value : 0;
}

function viewBoxSize(viewBox = ''): Dimensions | null {
  const numbers = viewBox.trim().split(/[\s,]+/);
  if (numbers.length !== 4) return null;
  const [width, height] = numbers.slice(2).map(pixels);
  return width && height ? { width, height } : null;
}
