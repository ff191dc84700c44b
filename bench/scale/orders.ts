export interface FillOrder {
  readonly url: string;
  readonly generations: number;
}

/** Medians of `repeats` calls one after another, in ms; the full check once. */
export interface Times {
  readonly accept: number;
  readonly settle: number;
  readonly list: number;
  readonly statement: number;
  readonly usage: number;
  /** Of the account that has a tenth of everything. */
  readonly listLarge: number;
  readonly statementLarge: number;
  readonly usageLarge: number;
  /** The check of what moved in the last minute, and of everything. */
  readonly increment: number;
  readonly check: number;
}

export interface TimeReply {
  readonly times: Times;
  /** Rules of the ledger that are broken. */
  readonly violations: readonly string[];
}

export type ScaleOrder =
  | { readonly fill: FillOrder }
  /** Of the database of that number, in the order they were filled. */
  | { readonly time: { readonly database: number; readonly repeats: number } };
