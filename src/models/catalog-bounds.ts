import { isStorableText } from '../common/text.js';
import { pointer, type Problem } from './problem.js';

/** Deeper than any catalog; the schema needs 6. */
const MAX_DEPTH = 16;
/** Entries of one list or object: as many models as the schema allows. */
const MAX_ENTRIES = 500;
/** Objects, lists and values of one document; a model has about a hundred. */
const MAX_VALUES = 200_000;

interface Visit {
  readonly value: unknown;
  readonly path: string;
  readonly depth: number;
}

/**
 * Faults that make every further look at a document pointless or costly: too
 * deep, too large, or text that PostgreSQL cannot hold. Iterative, so depth
 * cannot exhaust the stack, and it stops at the first fault.
 */
export function boundsProblem(document: unknown): Problem | null {
  const pending: Visit[] = [{ value: document, path: '', depth: 0 }];
  let seen = 1;
  for (let visit = pending.pop(); visit; visit = pending.pop()) {
    const message = faultOf(visit);
    if (message) return { path: visit.path, message };
    const entries = entriesOf(visit.value);
    seen += entries.length;
    if (seen > MAX_VALUES) return { path: '', message: TOO_LARGE };
    for (const [key, value] of entries) {
      pending.push({ value, path: visit.path + pointer(key), depth: visit.depth + 1 });
    }
  }
  return null;
}

function faultOf({ value, depth }: Visit): string | null {
  if (depth > MAX_DEPTH) return TOO_DEEP;
  const entries = entriesOf(value);
  if (entries.length > MAX_ENTRIES) return TOO_MANY;
  const texts = typeof value === 'string' ? [value] : entries.map(([key]) => key);
  return texts.every(isStorableText) ? null : UNSTORABLE;
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

const TOO_LARGE = `The document has more than ${MAX_VALUES} values.`;
const TOO_MANY = `It has more than ${MAX_ENTRIES} entries.`;
const TOO_DEEP = `The document is nested more than ${MAX_DEPTH} levels deep.`;
const UNSTORABLE = 'The text holds U+0000 or an unpaired surrogate.';
