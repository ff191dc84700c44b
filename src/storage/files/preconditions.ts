import type { IncomingHttpHeaders } from 'node:http';

/** What a file answer is compared by. */
export interface Validators {
  /** A strong entity tag with its quotes. */
  readonly etag: string;
  readonly lastModified: Date;
}

/** Whether the client's copy is still good (RFC 9110 §13.1). The tag beats the date. */
export function isNotModified(headers: IncomingHttpHeaders, validators: Validators): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) return matchesAny(tags, validators.etag);
  const since = headers['if-modified-since'];
  return since !== undefined && seconds(validators.lastModified) <= seconds(new Date(since));
}

/** Whether a range may be given: only of the very file that the client has the rest of. */
export function allowsRange(headers: IncomingHttpHeaders, validators: Validators): boolean {
  const condition = headers['if-range'];
  if (condition === undefined) return true;
  if (typeof condition !== 'string') return false;
  if (condition.endsWith('"')) return condition === validators.etag;
  return seconds(new Date(condition)) === seconds(validators.lastModified);
}

function matchesAny(header: string, etag: string): boolean {
  if (header.trim() === '*') return true;
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

/** HTTP dates have no fractions. NaN for what is no date, which equals and precedes nothing. */
function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
