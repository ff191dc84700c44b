/** One fault of a catalog document. */
export interface Problem {
  /** JSON pointer into the document, e.g. `/models/0/prices/2/credits`. */
  readonly path: string;
  /** A sentence that says what is wrong. */
  readonly message: string;
}

/** One path segment, escaped as RFC 6901 asks. */
export function pointer(segment: string | number): string {
  return `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
