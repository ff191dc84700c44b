import { isWellFormedSecret } from './secret.js';

/** Where a surface takes keys from: `bearer` is `Authorization: Bearer …`, the others are header names. */
export type KeyHeader = 'bearer' | 'x-api-key' | 'api-key';

/** The part of an incoming request that may carry a key. Query, body and cookies are not in it. */
export interface CredentialHeaders {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Name, value, name, value…, as they came, repeated headers included. */
  readonly rawHeaders: readonly string[];
}

/** One space, visible ASCII only: every other spelling is somebody probing or a broken client. */
const BEARER = /^bearer ([\x21-\x7e]{1,64})$/i;

/**
 * The secret of a request, or `null` when it carries none that could be ours.
 *
 * Every header the surface listens to must hold the same well-formed secret or
 * be absent: two different keys in one request would leave it to chance who pays.
 */
export function credentialOf(
  request: CredentialHeaders,
  accepted: readonly KeyHeader[],
): string | null {
  const presented = accepted
    .filter((header) => request.headers[nameOf(header)] !== undefined)
    .map((header) => secretIn(request, header));
  const [first = null] = presented;
  return presented.every((secret) => secret === first) ? first : null;
}

function secretIn(request: CredentialHeaders, header: KeyHeader): string | null {
  const name = nameOf(header);
  const value = request.headers[name];
  if (typeof value !== 'string' || timesSent(request.rawHeaders, name) > 1) return null;
  const secret = header === 'bearer' ? BEARER.exec(value)?.[1] : value;
  return secret !== undefined && isWellFormedSecret(secret) ? secret : null;
}

function nameOf(header: KeyHeader): string {
  return header === 'bearer' ? 'authorization' : header;
}

/** Node keeps the first of two Authorization headers silently; only the raw list shows both. */
function timesSent(rawHeaders: readonly string[], name: string): number {
  return rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length;
}
