/** A bug of the sources: in `file`, named from the repository's root, `from` becomes `to`. */
export interface SourceEdit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A bug of a database function: in its definition `from` becomes `to`. */
export interface FunctionEdit {
  readonly fn: string;
  readonly from: string;
  readonly to: string;
}

/** A rule of the database that would hide the bug from the rigs. */
export interface LostConstraint {
  readonly table: string;
  readonly constraint: string;
}

export type Edit = SourceEdit | FunctionEdit | LostConstraint;

export type RigName = 'simulator' | 'races' | 'retries';

/** A bug that is planted on purpose. Every `from` must be there exactly once, or it no longer applies. */
export interface Mutant {
  readonly name: string;
  /** The promise that it breaks. */
  readonly breaks: string;
  /** Which rig has to find it. */
  readonly rig: RigName;
  /** The violation by which it has to be found: not any breakage counts. */
  readonly shows: RegExp;
  readonly edits: readonly Edit[];
}
