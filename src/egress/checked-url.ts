import { isIP } from 'node:net';
import { EgressError } from './egress-error.js';
import { isPublicAddress } from './public-address.js';

const MAX_URL_LENGTH = 2048;
const PORTS = new Set(['', '80', '443']);

/** Visible ASCII and letters beyond it: no space, control or direction character, no backslash. */
const ALLOWED_CHARACTERS = /^[^\s\\\p{C}\p{Z}]+$/u;

export interface UrlRules {
  /** Plain http too. */
  readonly allowHttp: boolean;
  /** An operator's own origin: any port, http, and a private address are all right there. */
  readonly allowOrigin?: string;
}

/**
 * Reads a URL that somebody else wrote. Checked is what a connection would really
 * use: the host in the form the URL standard gives it, whatever it looked like.
 *
 * @throws EgressError
 */
export function checkUrl(text: string, rules: UrlRules): URL {
  const url = parseStrictly(text);
  if (!url || url.username !== '' || url.password !== '') throw new EgressError('bad_url');
  if (!isOriginOf(rules.allowOrigin, url)) checkPublic(url, rules);
  return url;
}

/** Whether a URL lies at an origin that an operator wrote. */
export function isOriginOf(allowed: string | undefined, url: URL): boolean {
  return allowed !== undefined && parse(allowed)?.origin === url.origin;
}

/** The parser mends `http:host`, `http:/host` and stray spaces; who writes so has something in mind. */
function parseStrictly(text: string): URL | null {
  if (text.length > MAX_URL_LENGTH || !ALLOWED_CHARACTERS.test(text)) return null;
  return /^https?:\/\/[^/]/i.test(text) ? parse(text) : null;
}

function checkPublic(url: URL, { allowHttp }: UrlRules): void {
  if (url.protocol === 'http:' && !allowHttp) throw new EgressError('bad_url');
  if (!PORTS.has(url.port)) throw new EgressError('bad_url');
  const host = hostOf(url);
  if (isIP(host) && !isPublicAddress(host)) throw new EgressError('not_public');
}

/** The host without the brackets of an IPv6 literal. */
function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function parse(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
