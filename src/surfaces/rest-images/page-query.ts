import { DomainError, type FieldProblem } from '../../common/domain-error.js';
import { PAGE_LIMIT } from './vocabulary.js';

/** The query of a listing as it came; a parameter given twice is a list. */
export type PageQuery = Readonly<Record<string, unknown>>;

export interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** An offset of more digits is past everything anybody has. */
const WHOLE_NUMBER = /^\d{1,15}$/;

/** @throws DomainError `invalid_value` with every parameter at fault */
export function readPageQuery(query: PageQuery): Page {
  const { usual, max } = PAGE_LIMIT;
  const limit = wholeNumber(query.limit, usual);
  const offset = wholeNumber(query.offset, 0);
  const problems: FieldProblem[] = [];
  if (limit === null || limit < 1 || limit > max) {
    problems.push(problem('limit', `'limit' must be a whole number from 1 to ${max}.`));
  }
  if (offset === null) problems.push(problem('offset', "'offset' must be a whole number from 0."));
  if (limit !== null && offset !== null && problems.length === 0) return { limit, offset };
  const [{ code, message, param }] = problems;
  throw new DomainError(code, message, { param, problems });
}

function wholeNumber(sent: unknown, usual: number): number | null {
  if (sent === undefined) return usual;
  return typeof sent === 'string' && WHOLE_NUMBER.test(sent) ? Number(sent) : null;
}

function problem(param: string, message: string): FieldProblem {
  return { param, message, code: 'invalid_value' };
}
