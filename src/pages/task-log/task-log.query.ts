import { invalidValue } from '../../common/domain-error.js';
import { isId } from '../../common/ids.js';
import { isStorableText } from '../../common/text.js';
import { type GenerationStatus, TRANSITIONS } from '../../relay/index.js';
import { HOME } from '../own-path.js';

export const STATUSES = Object.keys(TRANSITIONS) as readonly GenerationStatus[];
/** What a catalog name is no longer than. */
const MAX_MODEL = 200;

/** What of the log is asked for. */
export interface TaskLogQuery {
  readonly status?: GenerationStatus;
  /** Catalog name. */
  readonly model?: string;
  /** Older than this task. */
  readonly before?: string;
}

/**
 * A filter that was left empty is none.
 *
 * @throws DomainError `invalid_value`
 */
export function readQuery(query: Readonly<Record<string, unknown>>): TaskLogQuery {
  const status = textOf(query, 'status');
  const model = textOf(query, 'model');
  const before = textOf(query, 'before');
  if (status !== undefined && !STATUSES.some((known) => known === status)) {
    throw invalidValue('status', 'There is no such status.', { accepted: STATUSES });
  }
  if (before !== undefined && !isId(before)) {
    throw invalidValue('before', 'This page of the list does not exist.');
  }
  return { status: status as GenerationStatus | undefined, model, before };
}

/** The address of a page of the log. */
export function addressOf({ status, model, before }: TaskLogQuery): string {
  const wishes = Object.entries({ status, model, before }).filter(([, value]) => value);
  const search = new URLSearchParams(wishes as [string, string][]).toString();
  return search === '' ? HOME : `${HOME}?${search}`;
}

function textOf(query: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' && value.length <= MAX_MODEL && isStorableText(value)) return value;
  throw invalidValue(name, `The filter ${name} cannot be read.`);
}
