/** How much is done; what is done never depends on it. */
export interface Settings {
  /** Interleaved: every contender once, then every contender again. */
  readonly rounds: number;
  /** Of load per contender, round and kind of answer. */
  readonly seconds: number;
  /** nginx and Portkey beside the product. */
  readonly peers: boolean;
  /** Times every unavoidable part is done in a round. */
  readonly repeats: number;
  /** Requests at once where memory is looked at, readers that stall, streams. */
  readonly crowd: { readonly requests: number; readonly stalled: number; readonly streams: number };
  /** Until sockets are full and what was freed is given back. */
  readonly settleMs: number;
  /** Accounts of the ledger part that share its load, and pairs under way at once. */
  readonly accounts: number;
  readonly pairs: number;
  /** Of the smaller of two databases; the other has ten times as many. */
  readonly generations: number;
}

export const NORMAL: Settings = {
  rounds: 3,
  seconds: 2,
  peers: true,
  repeats: 30,
  crowd: { requests: 64, stalled: 16, streams: 100 },
  settleMs: 3_000,
  accounts: 1_000,
  pairs: 64,
  generations: 10_000,
};

/** The sizes of the targets: 1 M generations and 10 M journal lines. */
export const FULL: Settings = { ...NORMAL, generations: 100_000 };

/** Does it all still work, and are all answers right? Its figures say nothing. */
export const SMOKE: Settings = {
  rounds: 1,
  seconds: 0.3,
  peers: false,
  repeats: 2,
  crowd: { requests: 4, stalled: 2, streams: 4 },
  settleMs: 200,
  accounts: 10,
  pairs: 8,
  generations: 100,
};
