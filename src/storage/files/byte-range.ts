import type { ByteRange } from '../drivers/blob-driver.js';

/** Larger positions than any file's still compare correctly; more digits are no position. */
const SINGLE_RANGE = /^bytes=[ \t]*(\d{0,30})-(\d{0,30})[ \t]*$/i;

/**
 * Reads a `Range` header of one range (RFC 9110 §14). Several ranges, other
 * units and malformed headers are ignored, as the RFC allows: the answer is then
 * the whole file, and never a multipart body built for somebody's arithmetic.
 *
 * @returns the range, `null` for the whole file, or `'unsatisfiable'`
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | null {
  const match = SINGLE_RANGE.exec(header ?? '');
  if (!match) return null;
  const [, first, last] = match;
  if (first === '') return last === '' ? null : lastBytes(Number(last), size);
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return null;
  return start >= size ? 'unsatisfiable' : { start, end };
}

function lastBytes(count: number, size: number): ByteRange | 'unsatisfiable' {
  if (count === 0) return 'unsatisfiable';
  return { start: Math.max(0, size - count), end: size - 1 };
}
