/** Something that holds credits for one generation and then captures them. */
export interface PairMaker {
  /** False when either step was refused. */
  pair(accountId: string, apiKeyId: string): Promise<boolean>;
  close(): Promise<void>;
}

export type Strategy = 'naive' | 'Easel';

export interface Prepare {
  readonly url: string;
  /** The first of them is the hot one. */
  readonly accounts: number;
}

export interface PairJob {
  /** How many of the accounts share the load. */
  readonly accounts: number;
  readonly concurrency: number;
  readonly seconds: number;
}

export interface PairResult {
  readonly pairs: number;
  readonly seconds: number;
  /** µs of CPU of this process in all. */
  readonly cpu: number;
  /** Pairs that were refused or failed. */
  readonly lost: number;
  readonly example: string | null;
}

export type LedgerOrder =
  | { readonly prepare: Prepare }
  /** With connections of its own, which `close` ends. */
  | { readonly open: Strategy }
  | { readonly pairs: PairJob }
  | { readonly close: true }
  | { readonly check: true };
