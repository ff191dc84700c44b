import type { TestDatabase } from '../../../support/database.js';

/** A rig that looks for violations, run by run, on one database. */
export interface Rig {
  /** @returns what the run of this seed violated */
  run(seed: number): Promise<readonly string[]>;
  /** @returns what all runs together violated */
  finish(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** @param plant changes the migrated database before anything runs */
export type OpenRig = (plant: (database: TestDatabase) => Promise<void>) => Promise<Rig>;
