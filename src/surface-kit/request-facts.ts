import type { Request, Response } from 'express';
import { type Millicredits, parseCredits } from '../common/credits.js';
import { invalidValue } from '../common/domain-error.js';

const MAX_NAMES = 20;
const PLAIN_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * The client's `Idempotency-Key`, or `null` without one.
 *
 * @throws DomainError `invalid_value` unless it is 1 to 255 visible ASCII characters.
 */
export function idempotencyKeyOf(request: Pick<Request, 'headers'>): string | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw invalidValue(
    'Idempotency-Key',
    'Idempotency-Key must be 1 to 255 visible ASCII characters.',
  );
}

/**
 * The most the client agrees to have held (`x-max-credits`), thousandths; undefined without it.
 *
 * @throws DomainError `invalid_value` unless it is an amount of credits of 0 or more.
 */
export function maxCreditsOf(request: Pick<Request, 'headers'>): Millicredits | undefined {
  const sent = request.headers['x-max-credits'];
  if (sent === undefined) return undefined;
  const amount = parseCredits(sent);
  if (amount !== null && amount >= 0n) return amount;
  throw invalidValue(
    'x-max-credits',
    'x-max-credits must be a number of credits with at most three decimals.',
  );
}

/** Whether the request may take over the lost answer of an equal one; `x-easel-no-join: 1` says no. */
export function mayJoin(request: Pick<Request, 'headers'>): boolean {
  return request.headers['x-easel-no-join'] !== '1';
}

/** Whether the client's library says that it sends this again for want of an answer. */
export function isRepeat(request: Pick<Request, 'headers'>): boolean {
  return /^[1-9]\d?$/.test(String(request.headers['x-stainless-retry-count'] ?? ''));
}

/**
 * Origin of the links this request is answered with: `PUBLIC_URL`, or the
 * scheme and host the client used (behind a trusted proxy, what the proxy says).
 */
export function publicOrigin(
  request: Pick<Request, 'protocol' | 'host' | 'socket'>,
  publicUrl: string | undefined,
): string {
  if (publicUrl) return publicUrl.replace(/\/+$/, '');
  const scheme = request.protocol === 'https' ? 'https' : 'http';
  return `${scheme}://${hostOf(request)}`;
}

/** Bytes; a name in DNS is no longer. */
const MAX_HOST = 253;
const NAME = /^[a-z0-9][a-z0-9.-]*$/i;
const LITERAL = /^\[[0-9a-f:.]+\]$/i;

/** What a client may say in Host; anything else would make a link that nobody can fetch. */
function isHost(host: string | undefined): host is string {
  if (!host || host.length > MAX_HOST) return false;
  const colon = host.endsWith(']') ? -1 : host.lastIndexOf(':');
  const name = colon < 0 ? host : host.slice(0, colon);
  const port = colon < 0 ? '0' : host.slice(colon + 1);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return false;
  return NAME.test(name) || LITERAL.test(name);
}

/** The address the connection came in on serves when the client named no usable host. */
function hostOf({ host, socket }: Pick<Request, 'host' | 'socket'>): string {
  if (isHost(host)) return host;
  const { localAddress = '127.0.0.1', localPort } = socket;
  const address = localAddress.replace(/^::ffff:/, '');
  return `${address.includes(':') ? `[${address}]` : address}:${localPort}`;
}

/** Says which parameters were dropped. Names that are no plain words are left out, and all after the 20th. */
export function setIgnoredParameters(response: Response, names: readonly string[]): void {
  const plain = [...new Set(names)].filter((name) => PLAIN_NAME.test(name)).slice(0, MAX_NAMES);
  if (plain.length > 0) response.setHeader('x-ignored-parameters', plain.join(', '));
}
