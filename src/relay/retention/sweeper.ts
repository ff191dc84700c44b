/** Removes one kind of thing that nobody needs any more. Harmless to repeat and to interrupt. */
export interface Sweeper {
  /** As metric label and in logs. */
  readonly name: string;

  /**
   * Works until nothing is left, its bound is reached or the turn is over.
   *
   * @returns how many were removed
   * @throws DatabaseUnavailableError
   */
  sweep(): Promise<number>;
}

/** Injection token of the sweepers in the order they run. */
export const SWEEPERS = Symbol('SWEEPERS');

/** One statement handles this many rows, so that its locks are held for milliseconds. */
export const BATCH_ROWS = 500;

/** What is left after so many batches is for the next run: no sweep keeps the others waiting for ever. */
export const MAX_BATCHES = 2_000;

/** A batch may find a cold cache; it still has to end before the server's own limit. */
export const BATCH_TIMEOUT_MS = 4_500;

/** Sorts before every id. */
export const BEFORE_ALL_IDS = '00000000-0000-0000-0000-000000000000';
