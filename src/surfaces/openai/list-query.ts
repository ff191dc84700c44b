import { invalidValue } from '../../common/domain-error.js';
import { isId } from '../../common/ids.js';
import { isStorableText } from '../../common/text.js';
import { type GenerationStatus, TRANSITIONS } from '../../relay/index.js';

/** The query of `GET /v1/images` as it came; a parameter given twice is a list. */
export type ListQuery = Readonly<Record<string, unknown>>;

export const LIST_LIMIT = { usual: 20, max: 100 } as const;
export const LIST_STATUSES = Object.keys(TRANSITIONS) as GenerationStatus[];
const MAX_TEXT = 200;

export interface ListPage {
  readonly status?: GenerationStatus;
  readonly model?: string;
  readonly before?: string;
  readonly limit: number;
}

/**
 * `cursor` is `next_cursor` of the page before; `after` is OpenAI's name for it.
 *
 * @throws DomainError `invalid_value` with `param`
 */
export function readListQuery(query: ListQuery): ListPage {
  const cursor = textOf(query, 'cursor') ?? textOf(query, 'after');
  if (cursor !== undefined && !isId(cursor)) {
    throw invalidValue('cursor', "'cursor' must be next_cursor of an earlier page.");
  }
  return {
    status: statusOf(textOf(query, 'status')),
    model: textOf(query, 'model'),
    before: cursor,
    limit: limitOf(textOf(query, 'limit')),
  };
}

function textOf(query: ListQuery, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' && value.length <= MAX_TEXT && isStorableText(value)) return value;
  throw invalidValue(name, `'${name}' must be given once, as text.`);
}

function statusOf(sent: string | undefined): GenerationStatus | undefined {
  const status = LIST_STATUSES.find((known) => known === sent);
  if (sent === undefined || status) return status;
  throw invalidValue('status', 'There is no such status.', { accepted: LIST_STATUSES });
}

function limitOf(sent: string | undefined): number {
  if (sent === undefined) return LIST_LIMIT.usual;
  const limit = /^\d{1,9}$/.test(sent) ? Number(sent) : 0;
  if (limit >= 1 && limit <= LIST_LIMIT.max) return limit;
  throw invalidValue('limit', `'limit' must be a whole number from 1 to ${LIST_LIMIT.max}.`);
}
