import { invalidValue } from '../../common/domain-error.js';
import { firstIdAt, idTime, isId } from '../../common/ids.js';

/** ISO 8601 begins so; `Date.parse` judges the rest. */
const DATE_TIME = /^\d{4}-\d\d-\d\d[T\d :.Z+-]*$/;

/** 48 bits of milliseconds are what an id holds. */
const MAX_TIME = 2 ** 48;

/**
 * Where the next, older page begins: the moment for people, then the id, which
 * orders rows of one moment too, so that paging loses none.
 */
export function toCursor(lastId: string): string {
  return `${new Date(idTime(lastId)).toISOString()}~${lastId}`;
}

/**
 * A `before` as sent: a cursor of ours or any date-time.
 *
 * @returns the id that everything on the page is older than
 * @throws DomainError `invalid_value` with `param` otherwise
 */
export function readCursor(before: string): string {
  const [moment, id] = before.split('~');
  if (id !== undefined && isId(id)) return id;
  // An unencoded `+` of a zone offset arrives as a blank.
  const text = moment.replace(/ (\d\d:?\d\d)$/, '+$1');
  const time = id === undefined && DATE_TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (time >= 0 && time < MAX_TIME) return firstIdAt(time);
  throw invalidValue('before', "'before' must be a date-time or next_before of an earlier page.");
}
