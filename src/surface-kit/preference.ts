import type { Request } from 'express';

/** How long a client wants to wait for the end (RFC 7240). */
export interface Preference {
  /** Seconds, at most what the server waits at all; null: as long as the server does. */
  readonly waitSeconds: number | null;
  /** It asked for the id at once, whatever is known of the rest. */
  readonly async: boolean;
  /** For `Preference-Applied`; null when nothing was asked for. */
  readonly applied: string | null;
}

const NONE: Preference = { waitSeconds: null, async: false, applied: null };

/** A client that sends more than this many preferences has other things in mind. */
const MAX_PREFERENCES = 20;

/**
 * Reads `Prefer: respond-async` and `Prefer: wait=N`; anything else in it is
 * ignored, as the RFC wants. `respond-async, wait=N` waits N seconds first.
 *
 * @param longestSeconds how long the server waits
 */
export function preferenceOf(
  request: Pick<Request, 'headers'>,
  longestSeconds: number,
): Preference {
  const header = request.headers.prefer;
  if (header === undefined) return NONE;
  const named = new Map<string, string>();
  for (const part of [header].flat().join(',').split(',').slice(0, MAX_PREFERENCES)) {
    const [name, value = ''] = part.split(';')[0].split('=');
    const key = name.trim().toLowerCase();
    if (!named.has(key)) named.set(key, value.trim().replace(/^"(.*)"$/, '$1'));
  }
  const wait = /^\d{1,9}$/.test(named.get('wait') ?? '') ? Number(named.get('wait')) : null;
  if (wait !== null) {
    const waitSeconds = Math.min(wait, longestSeconds);
    return { waitSeconds, async: false, applied: `wait=${waitSeconds}` };
  }
  if (!named.has('respond-async')) return NONE;
  return { waitSeconds: 0, async: true, applied: 'respond-async' };
}
